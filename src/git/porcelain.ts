import { fixedOptions, gitEnvironment, keptGitVariables } from './environment';
import { failureFromWords, GitError } from './errors';

export interface PorcelainOptions {
  readonly binary: string;
  /** How long the command may go without printing anything, in milliseconds. */
  readonly timeLimit: number;
}

/**
 * Reads that print text for people (lists, counts, configuration), through simple-git. Never used for what a
 * checkpoint is made of: its text decoding would damage file names that are not UTF-8, and each silent command costs
 * 50 ms more (measured; the library waits for late output).
 *
 * The settings matter. Without `errors` simple-git takes a killed command, and a failed one that printed nothing, for
 * a success; without `completion.onClose` it cuts off what is printed last (both measured with 4.0.2).
 * @throws GitError when the command fails in any way.
 */
export async function readText(
  options: PorcelainOptions,
  cwd: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const command = args.slice(0, 2).join(' ');
  let failed: GitError | undefined;
  // Loaded with the first read: taking a checkpoint never needs it.
  const { simpleGit } = await import('simple-git');
  const git = simpleGit({
    baseDir: cwd,
    binary: options.binary,
    timeout: { block: options.timeLimit },
    completion: { onClose: true, onExit: false },
    ...(signal === undefined ? {} : { abort: signal }),
    allowEnvironment: [
      ...keptGitVariables,
      'GIT_TERMINAL_PROMPT',
      'GIT_NO_LAZY_FETCH',
      'GIT_ALLOW_PROTOCOL',
      'GIT_OPTIONAL_LOCKS',
    ],
    // What the guard would block here is our own hardening (`core.hooksPath=/dev/null`, `core.fsmonitor=false`, ...)
    // a git whose path the person chose in
    // VS Code, and the variables that say where the user's own configuration is.
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafePager: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeTemplateDir: true,
      allowUnsafeExec: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeCustomBinary: true,
    },
    errors: (thrown, result) => {
      if (thrown !== undefined) {
        return thrown;
      }
      if (result.exitCode === 0) {
        return undefined;
      }
      const words = Buffer.concat(result.stdErr).toString('utf8');
      failed = new GitError(
        failureFromWords(words),
        command,
        words === '' ? `exit ${result.exitCode}` : words,
      );
      return failed;
    },
  });
  const environment = withoutPrograms(gitEnvironment(process.env, 'fixed', { GIT_OPTIONAL_LOCKS: '0' }));
  try {
    return await git.env(environment).raw([...fixedOptions, ...args]);
  } catch (thrown) {
    throw failed ?? asGitError(thrown, command, signal);
  }
}

/** simple-git refuses to run at all while a variable names a program that git might start (`EDITOR`, `PAGER`, ...). */
function withoutPrograms(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const programs = /^(?:EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX)$/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !programs.test(name)));
}

function asGitError(thrown: unknown, command: string, signal: AbortSignal | undefined): GitError {
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  if (signal?.aborted === true) {
    return new GitError('cancelled', command, words, { cause: thrown });
  }
  if (/block timeout reached/.test(words)) {
    return new GitError('timed_out', command, words, { cause: thrown });
  }
  if (/ENOENT/.test(words)) {
    return new GitError('not_started', command, words, { cause: thrown });
  }
  return new GitError(failureFromWords(words), command, words, { cause: thrown });
}
