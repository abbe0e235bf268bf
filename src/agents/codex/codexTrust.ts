import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenRefused } from '../../git/diskErrors';
import { homeFolder } from '../installation';
import { settingAt, type Settings, type Trust, type TrustQuestion } from '../trust';

export const codexHome = homeFolder('.codex', 'CODEX_HOME');

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
 * Codex skips a hook whose exact definition was not approved on its /hooks screen, silently. An approval is kept in config.toml, by
 * the file, the event and the places in its lists, as a hash of the definition (observed with 0.169.0).
 */
export const codexTrust: Trust = {
  switchedOffIn: async (question) =>
    settingAt(await configOf(question), 'features', 'hooks') === false ? configFile(question) : undefined,
  folder: {
    trusts: async (question, root) => {
      const config = await configOf(question);
      // One that trusts the main worktree trusts the linked ones with it.
      return [root, question.main ?? root].some(
        (folder) => settingAt(config, 'projects', folder, 'trust_level') === 'trusted',
      );
    },
    next: 'Start codex there and trust the folder.',
  },
  approval: {
    approved: async (question, file, content) => {
      // It takes a repository's hooks from its main worktree.
      if (question.root !== question.main && question.root !== undefined) {
        return true;
      }
      const found = v.safeParse(hooksFile, content);
      return found.success && everyApproved(found.output, file, question.command, await configOf(question));
    },
    next: 'Start codex, type /hooks, look at the hooks of Belay and trust them.',
  },
};

async function everyApproved(
  { hooks: events }: v.InferOutput<typeof hooksFile>,
  file: string,
  own: string,
  config: Settings,
): Promise<boolean> {
  const folder = path.dirname(file);
  const real = path.join(await realpath(folder).catch(whenRefused(folder)), path.basename(file));
  return Object.entries(events).every(([event, groups]) =>
    groups.every(({ matcher, hooks }, group) =>
      hooks.every(({ command, timeout }, index) => {
        if (command !== own) {
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

function configOf(question: TrustQuestion): Promise<Settings> {
  return question.toml(configFile(question));
}

function configFile({ personal }: TrustQuestion): string {
  return path.join(codexHome(personal), 'config.toml');
}
