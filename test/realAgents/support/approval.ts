import { createHash } from 'node:crypto';
import { appendFile, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';

const hooksFile = v.object({
  hooks: v.record(v.string(), v.array(v.strictObject({ hooks: v.array(v.record(v.string(), v.unknown())) }))),
});

/**
 * What codex puts down when a person approves the hooks of a file on its screen: a hash of each one. Observed with 0.169.0,
 * which skips, without a word, what does not agree with it.
 */
export async function approveHooks(file: string, config: string): Promise<void> {
  const { hooks } = v.parse(hooksFile, JSON.parse(await readFile(file, 'utf8')));
  const where = path.join(await realpath(path.dirname(file)), path.basename(file));
  const lines = Object.entries(hooks).flatMap(([event, groups]) => {
    const name = event.replaceAll(/(?!^)([A-Z])/g, '_$1').toLowerCase();
    return groups.flatMap((group, at) =>
      group.hooks.flatMap((hook, index) => {
        const identity = { event_name: name, hooks: [ordered({ ...hook, async: false })] };
        const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
        return [`[hooks.state."${where}:${name}:${at}:${index}"]`, `trusted_hash = "sha256:${hash}"`];
      }),
    );
  });
  await appendFile(config, `\n${lines.join('\n')}\n`);
}

function ordered(hook: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(hook).sort(([a], [b]) => (a < b ? -1 : 1)));
}
