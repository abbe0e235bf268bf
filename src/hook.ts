import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * What agents' hooks run: nothing of what reads a person's arguments is loaded, since an agent waits for it twice a tool call.
 * Where Node can keep what it has compiled (22.1 or newer), it does so in Belay's own folder, which nobody else writes to, once
 * that is there.
 */
function keepCompiled(folder: string): void {
  const keep: unknown = Reflect.get(nodeModule, 'enableCompileCache');
  if (typeof keep === 'function' && existsSync(folder)) {
    Reflect.apply(keep, nodeModule, [path.join(folder, 'compiled')]);
  }
}

async function start(): Promise<void> {
  try {
    keepCompiled(path.join(homedir(), '.belay'));
    const { runHook } = await import('./cli/hook');
    await runHook(process.argv.slice(2));
  } catch {
    // Belay has been removed in between, or in part: that does not concern its agent.
    process.exit(0);
  }
}

void start();
