import { runHook } from './cli/hook';

/** What agents' hooks run: nothing of what reads a person's arguments is loaded, since an agent waits for it twice a tool call. */
void runHook(process.argv.slice(2));
