import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenRefused } from '../../git/missing';
import { hookCommand } from '../hookCommand';
import { treeOf, valueOf } from '../../connect/jsonText';
import { settingAt, type Settings } from '../../connect/ownSettings';

const hooksFile = v.object({
  hooks: v.record(
    v.string(),
    v.array(
      v.object({
        matcher: v.optional(v.string()),
        hooks: v.array(v.object({ command: v.optional(v.string()), timeout: v.optional(v.number()) })),
      }),
    ),
  ),
});

/**
 * Whether codex has been told to run each of Belay's hooks in a `hooks.json`. It skips any whose exact definition was not
 * approved on its /hooks screen, silently; an approval is kept in config.toml, by the file, the event and the places in its
 * lists, as a hash of the definition (observed with 0.169.0).
 */
export async function codexApproved(file: string, text: string, config: Settings): Promise<boolean> {
  const found = v.safeParse(hooksFile, valueOf(treeOf(text)));
  if (!found.success) {
    return false;
  }
  const folder = path.dirname(file);
  const real = path.join(await realpath(folder).catch(whenRefused(folder)), path.basename(file));
  return Object.entries(found.output.hooks).every(([event, groups]) =>
    groups.every(({ matcher, hooks }, group) =>
      hooks.every(({ command, timeout }, index) => {
        if (command !== hookCommand('codex')) {
          return true;
        }
        const name = snakeCase(event);
        const hash = codexHash({ event: name, matcher, command, timeout });
        return [real, file].some(
          (place) =>
            settingAt(config, 'hooks', 'state', `${place}:${name}:${group}:${index}`, 'trusted_hash') ===
            hash,
        );
      }),
    ),
  );
}

/** The hash by which codex knows a hook: of its definition as compact JSON with its keys in order, defaults filled in. */
export function codexHash(hook: {
  readonly event: string;
  readonly matcher: string | undefined;
  readonly command: string;
  readonly timeout: number | undefined;
}): string {
  const timeout = hook.timeout ?? (hook.event === 'session_end' ? 1 : 600);
  const definition = {
    event_name: hook.event,
    hooks: [{ async: false, command: hook.command, timeout, type: 'command' }],
    ...(hook.matcher === undefined ? {} : { matcher: hook.matcher }),
  };
  return `sha256:${createHash('sha256').update(JSON.stringify(definition)).digest('hex')}`;
}

function snakeCase(event: string): string {
  return event.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase();
}
