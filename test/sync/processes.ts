import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { start, type Running } from '../support/processes';

/** What a worker answers: an outcome, a decision, or a refusal. */
const Said = v.looseObject({
  case: v.optional(v.string()),
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  backup: v.optional(v.string()),
  decision: v.optional(v.string()),
});
export type Said = v.InferOutput<typeof Said>;

export interface SyncWorker {
  readonly running: Running;
  /** Once it is loaded and only waits for its start. */
  readonly ready: Promise<void>;
  go(): void;
  /** What it answered; undefined when it was killed. */
  readonly said: Promise<Said | undefined>;
}

export function startWorker(
  program: string,
  { folder, git = 'git', what, how }: { folder: string; git?: string; what: 'sync' | 'answer'; how: string },
): SyncWorker {
  const running = start(process.execPath, [program, folder, git, what, how], { cwd: folder });
  const ready = new Promise<void>((resolve) => {
    running.child.stdout?.once('data', () => {
      resolve();
    });
  });
  const said = running.ended.then(({ stdout, stderr, signal, code }) => {
    if (signal !== null) {
      return undefined;
    }
    if (code !== 0) {
      throw new Error(`A worker failed: ${stderr}`);
    }
    return v.parse(Said, JSON.parse(stdout.replace(/^ready\n/, '')));
  });
  return {
    running,
    ready,
    go: () => {
      running.child.stdin?.end('go\n');
    },
    said,
  };
}

/** How a git fails: at which of its calls, and how. */
export interface Fault {
  /**
   * `before`, `after`: the n-th git is killed before, or after, it has done its work. `parent`: the process that started
   * the n-th git is killed. `lost`, `refused`: git is killed in the n-th transaction of references, once it is written, or
   * before. `full`: the n-th git says that the disk is full.
   */
  readonly kind: 'before' | 'after' | 'parent' | 'lost' | 'refused' | 'full';
  readonly at: number;
}

/** A git that fails as it is told. It counts its calls in a file beside it. */
export function faultyGit(
  folder: string,
  real: string,
  { kind, at }: Fault,
): { binary: string; reached: () => boolean } {
  const home = fs.mkdtempSync(path.join(folder, 'faulty-'));
  const binary = path.join(home, 'git');
  const act = {
    before: 'kill -9 $$',
    after: `'${real}' "$@"; kill -9 $$`,
    parent: 'kill -9 $PPID; sleep 0.1; exit 1',
    full: `echo 'fatal: write error: No space left on device' >&2; exit 128`,
    lost: '',
    refused: '',
  }[kind];
  const calls = `#!/bin/sh
# One after the other, or two at once would both miss their number.
while ! mkdir '${home}/turn' 2> /dev/null; do :; done
printf x >> '${home}/calls'
count=$(wc -c < '${home}/calls')
rmdir '${home}/turn'
if test "$count" -eq ${at}; then
  : > '${home}/reached'
  ${act}
fi
exec '${real}' "$@"
`;
  const transactions = `#!/bin/sh
case " $* " in *" update-ref "*) ;; *) exec '${real}' "$@" ;; esac
pass() {
  text=''
  while IFS= read -r line; do
    text="$text$line
"
    test "$line" = commit || continue
    printf x >> '${home}/calls'
    if test "$(wc -c < '${home}/calls')" -eq ${at}; then
      : > '${home}/reached'
      ${kind === 'lost' ? `printf '%s' "$text" | '${real}' "$@" > /dev/null 2>&1` : ':'}
      kill -9 0
    fi
    printf '%s' "$text"
    text=''
  done
}
mkfifo '${home}'/pipe.$$
exec 3<&0
pass <&3 > '${home}'/pipe.$$ &
'${real}' "$@" < '${home}'/pipe.$$ 3<&-
code=$?
kill $! 2> /dev/null
rm -f '${home}'/pipe.$$
exit $code
`;
  fs.writeFileSync(binary, kind === 'lost' || kind === 'refused' ? transactions : calls, { mode: 0o755 });
  return { binary, reached: () => fs.existsSync(path.join(home, 'reached')) };
}
