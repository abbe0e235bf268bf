/**
 * What every git child sees. Hooks and editors leak `GIT_DIR`, `GIT_INDEX_FILE` and more into their children, and a
 * leaked one makes git write into another repository or record files as deleted; so the environment is rebuilt with
 * only those `GIT_` variables that say where the user's own configuration is, and where their references are (git 2.54):
 * without that one Belay would have other references than the user's git.
 */
export const keptGitVariables: ReadonlySet<string> = new Set([
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_EXEC_PATH',
  'GIT_REFERENCE_BACKEND',
  'GIT_TEMPLATE_DIR',
]);

export type Locale = 'fixed' | 'user';

/** Every event that git starts hooks for on our side (githooks(5)). */
const hookEvents = [
  'applypatch-msg',
  'commit-msg',
  'post-applypatch',
  'post-checkout',
  'post-commit',
  'post-index-change',
  'post-merge',
  'post-rewrite',
  'pre-applypatch',
  'pre-auto-gc',
  'pre-commit',
  'pre-merge-commit',
  'pre-push',
  'pre-rebase',
  'prepare-commit-msg',
  'reference-transaction',
];

/**
 * Switches off the hooks that configuration names (`hook.<name>.event`, git-config(1)), which `core.hooksPath` does not: by name,
 * which is all that git 2.54 knows, and by event from 2.55 on, which covers those that are configured later as well. As
 * variables, since `-c` would cut a name at its first `=`; after those settings that a call has of its own.
 */
export function withoutHooks(
  names: Iterable<string>,
  own: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const settings = [...new Set([...hookEvents, ...names])].map((name) => `hook.${name}.enabled`);
  const before = Number(own['GIT_CONFIG_COUNT'] ?? 0);
  return {
    ...own,
    GIT_CONFIG_COUNT: String(before + settings.length),
    ...Object.fromEntries(
      settings.flatMap((setting, number) => [
        [`GIT_CONFIG_KEY_${before + number}`, setting],
        [`GIT_CONFIG_VALUE_${before + number}`, 'false'],
      ]),
    ),
  };
}

/**
 * The environment of a git child. `locale: 'fixed'` makes git's messages readable to {@link ../git/errors}; `'user'` is
 * for commands that run the user's clean and smudge filters, which must see what they see under the user's own git.
 */
export function gitEnvironment(
  inherited: NodeJS.ProcessEnv,
  locale: Locale,
  own: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (!name.toUpperCase().startsWith('GIT_') || keptGitVariables.has(name)) {
      environment[name] = value;
    }
  }
  if (locale === 'fixed') {
    environment['LC_ALL'] = 'C';
    environment['LANGUAGE'] = 'en';
  }
  environment['GIT_TERMINAL_PROMPT'] = '0';
  // A partial clone would otherwise fetch missing objects in the middle of local work, by whatever program the repository
  // names for its remote. git knows the first only since 2.45 (and in some security releases), the second always; a
  // command that is meant to use the network says so with its own.
  environment['GIT_NO_LAZY_FETCH'] = '1';
  environment['GIT_ALLOW_PROTOCOL'] = 'none';
  environment['BELAY_GIT'] = '1';
  return { ...environment, ...own };
}

/**
 * Configuration that every call overrides. The first group keeps a hostile repository from running programs through
 * Belay (git-config(1)); the second makes an edit of the same size within one second visible whatever the user's
 * configuration; the third keeps git from doing housekeeping in the user's repository on our account, and syncs
 * references to disk (git's default does not): they are written last, so on a journalling file system that keeps order
 * the objects are there too. Syncing each object as well would double a checkpoint's time (measured).
 */
export const fixedOptions: readonly string[] = [
  '--no-pager',
  '--no-replace-objects',
  ...configuration({
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'core.alternateRefsCommand': '',
    'protocol.ext.allow': 'never',
    'log.showSignature': 'false',
    'submodule.recurse': 'false',

    'core.checkStat': 'default',
    'core.trustctime': 'true',
    'core.ignoreStat': 'false',
    'core.splitIndex': 'false',

    'gc.auto': '0',
    'maintenance.auto': 'false',
    'core.fsync': 'reference',
    'core.filesRefLockTimeout': '1000',
    'reftable.lockTimeout': '1000',
    'i18n.commitEncoding': 'UTF-8',
    'core.quotePath': 'true',
  }),
];

function configuration(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
