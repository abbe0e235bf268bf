import { gitEnvironment } from '../git/environment';
import type { Git } from '../git/git';

/** What may carry a remote; never `ext`, which runs any program that a URL names. */
const protocols = ['file', 'git', 'http', 'https', 'ssh'];

/** How long ssh may take to connect, at most, in seconds; the operation's own limit ends it in any case. */
const connectTimeout = 30;

/** Variables with which people set up their network for git. The other `GIT_` ones stay out ({@link gitEnvironment}). */
const networkVariable = /^GIT_(?:SSL_\w+|PROXY_\w+|HTTP_\w+)$/;

interface Settings {
  readonly sshCommand: string | undefined;
  readonly sshVariant: string | undefined;
  /** From a protocol's name (empty: any other one) to what `protocol.<name>.allow` says. */
  readonly allowed: ReadonlyMap<string, string>;
}

/**
 * The environment of a git command that talks to a remote. The user's proxies, certificates, ssh command and credential
 * helpers count as they do with the user's own git; but nothing asks a person anything, as nobody would see it: without
 * a terminal (the command leads a session of its own), without an answer from an askpass program, in ssh's batch mode.
 *
 * `limit` is in milliseconds; 0 means none. Hooks that configuration names run only where they are asked for.
 * @throws GitError when git cannot be asked about its configuration.
 */
export async function networkEnvironment(
  git: Git,
  cwd: string,
  limit: number,
  inherited: NodeJS.ProcessEnv = process.env,
  { hooks = false }: { readonly hooks?: boolean } = {},
): Promise<NodeJS.ProcessEnv> {
  const settings = await readSettings(git, cwd);
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (networkVariable.test(name) && value !== undefined) {
      own[name] = value;
    }
  }
  return gitEnvironment(inherited, 'fixed', {
    ...(hooks ? {} : git.withoutHooks()),
    ...own,
    ...sshVariables(settings, limit, inherited),
    GIT_ALLOW_PROTOCOL: allowedProtocols(settings.allowed, inherited['GIT_ALLOW_PROTOCOL']),
    GIT_TERMINAL_PROMPT: '0',
    // Empty, not a program that prints nothing: an empty password would be tried, and could lock an account. git takes
    // an empty one for "none" and does not go on to core.askPass and SSH_ASKPASS.
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    // A partial clone may get here what it lacks: this command is bounded and meant to use the network.
    GIT_NO_LAZY_FETCH: '0',
  });
}

async function readSettings(git: Git, cwd: string): Promise<Settings> {
  const pattern = '^(core\\.sshcommand|ssh\\.variant|protocol\\.(.*\\.)?allow)$';
  const { stdout } = await git.run({
    args: ['config', '-z', '--get-regexp', pattern],
    cwd,
    // No settings; or some that git cannot read, which the command itself will say.
    answers: [1, 128],
  });
  const allowed = new Map<string, string>();
  const others = new Map<string, string>();
  for (const entry of stdout.toString('utf8').split('\0')) {
    const end = entry.indexOf('\n');
    const [name, value] = end < 0 ? [entry, ''] : [entry.slice(0, end), entry.slice(end + 1)];
    const protocol = /^protocol\.(?:(.*)\.)?allow$/.exec(name);
    if (protocol === null) {
      others.set(name, value);
    } else {
      allowed.set(protocol[1] ?? '', value.toLowerCase());
    }
  }
  return { sshCommand: others.get('core.sshcommand'), sshVariant: others.get('ssh.variant'), allowed };
}

/**
 * git reads no `protocol.*.allow` any more once this list is given, so it says what they say: without what the user
 * forbids, with what the user allows by name.
 */
function allowedProtocols(allowed: ReadonlyMap<string, string>, inherited: string | undefined): string {
  const byDefault = protocols.filter((name) => (allowed.get(name) ?? allowed.get('')) !== 'never');
  const byName = [...allowed].filter(([name, how]) => name !== '' && how === 'always').map(([name]) => name);
  const limited = inherited?.split(':');
  const names = [...new Set([...byDefault, ...byName])].filter(
    (name) => name !== 'ext' && !name.includes(':') && limited?.includes(name) !== false,
  );
  return names.length === 0 ? 'none' : names.join(':');
}

/**
 * The user's own ssh (`GIT_SSH_COMMAND`, `core.sshCommand`, `GIT_SSH`, in git's order), told not to ask. Options are added
 * only to programs that are known to take them; another one gets none, and is ended by its limit like all others.
 */
function sshVariables(
  settings: Settings,
  limit: number,
  inherited: NodeJS.ProcessEnv,
): Record<string, string> {
  const program = nonEmpty(inherited['GIT_SSH']);
  const command = nonEmpty(inherited['GIT_SSH_COMMAND']) ?? nonEmpty(settings.sshCommand);
  const variant = nonEmpty(inherited['GIT_SSH_VARIANT']) ?? nonEmpty(settings.sshVariant);
  const shellCommand = command ?? (program === undefined ? 'ssh' : `'${program.replaceAll("'", "'\\''")}'`);
  const variables: Record<string, string> = variant === undefined ? {} : { GIT_SSH_VARIANT: variant };
  switch (variantOf(variant, command === undefined ? program : firstWord(command))) {
    case 'ssh': {
      const seconds = limit === 0 ? connectTimeout : Math.min(connectTimeout, Math.ceil(limit / 1_000));
      // ssh takes the first value it is given: where the user's command sets one of these, that one counts.
      const options = [
        '-oBatchMode=yes',
        `-oConnectTimeout=${seconds}`,
        '-oServerAliveInterval=15',
        '-oServerAliveCountMax=4',
      ];
      return { ...variables, GIT_SSH_COMMAND: [shellCommand, ...options].join(' ') };
    }
    case 'plink':
      return { ...variables, GIT_SSH_COMMAND: `${shellCommand} -batch` };
    case 'other':
      return {
        ...variables,
        ...(command === undefined && program !== undefined
          ? { GIT_SSH: program }
          : { GIT_SSH_COMMAND: shellCommand }),
      };
  }
}

function variantOf(variant: string | undefined, program: string | undefined): 'ssh' | 'plink' | 'other' {
  const named = variant?.toLowerCase();
  if (named === 'ssh' || named === 'plink') {
    return named;
  }
  if (named !== undefined && named !== 'auto') {
    return 'other';
  }
  // As git itself tells them (connect.c): by the last part of the name.
  const name = (program ?? 'ssh')
    .replace(/^.*[\\/]/, '')
    .replace(/\.exe$/i, '')
    .toLowerCase();
  return name === 'ssh' || name === 'plink' ? name : 'other';
}

/** The program of a shell command: its first word, after variables that are set for it. */
function firstWord(command: string): string {
  const word =
    /^\s*(?:[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|[^\s'"])*\s+)*('[^']*'|"[^"]*"|(?:\\.|[^\s\\'"])+)/.exec(command);
  const text = word?.[1] ?? '';
  // Within quotes the shell leaves the backslashes of a Windows path alone.
  return /^['"]/.test(text) ? text.slice(1, -1) : text.replace(/\\(.)/g, '$1');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}
