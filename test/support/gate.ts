import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Git } from '../../src/git/git';
import type { TestRepo } from './repo';

/** How long a transaction may take to arrive, in milliseconds. */
const patience = 60_000;

/**
 * A git that stands between Belay and its reference transactions: one that was armed for is held back, whole, before the
 * real git hears of it. So something can happen between the look at a lease and the write, every time.
 */
export class Gate {
  /** The git program to run Belay with. */
  readonly binary: string;
  private readonly folder: string;

  constructor(repo: TestRepo) {
    this.folder = fs.mkdtempSync(path.join(repo.base, 'gate-'));
    this.binary = path.join(this.folder, 'git');
    const real = path.join(repo.git('--exec-path'), 'git');
    const script = `#!/bin/sh
case " $* " in *" update-ref "*) ;; *) exec '${real}' "$@" ;; esac
gate='${this.folder}'
pass() {
  text=''
  while IFS= read -r line; do
    case "$line" in "verify "*) test -e "$gate/unfenced" && continue ;; esac
    text="$text$line
"
    test "$line" = commit || continue
    if test -e "$gate/armed"; then
      case "$text" in *"$(cat "$gate/armed")"*)
        rm "$gate/armed"
        : > "$gate/closed"
        test ! -e "$gate/stopping" || kill -STOP $PPID
        : > "$gate/reached"
        while test -e "$gate/closed"; do sleep 0.005; done ;;
      esac
    fi
    printf '%s' "$text"
    text=''
  done
}
# git stays in front, so that Belay hears of its end at once.
mkfifo "$gate/pipe.$$"
exec 3<&0
pass <&3 > "$gate/pipe.$$" &
'${real}' "$@" < "$gate/pipe.$$" 3<&-
code=$?
kill $! 2> /dev/null
rm -f "$gate/pipe.$$"
exit $code
`;
    fs.writeFileSync(this.binary, script, { mode: 0o755 });
  }

  /** Holds back the next transaction that has this in its lines. */
  arm(pattern: string): void {
    this.put('armed', pattern);
  }

  /** Stops the process that runs git, too, once a transaction is held back. */
  stopping(): void {
    this.put('stopping', '');
  }

  /** Takes the checks of leases out of every transaction: what the tests would show if Belay did not send them. */
  unfenced(): void {
    this.put('unfenced', '');
  }

  /** Waits until a transaction is held back. */
  async reached(): Promise<void> {
    const end = performance.now() + patience;
    const file = path.join(this.folder, 'reached');
    while (!fs.existsSync(file)) {
      if (performance.now() > end) {
        throw new Error('No such transaction came.');
      }
      await sleep(3);
    }
    fs.rmSync(file);
  }

  /** Lets the transaction go on to git. */
  open(): void {
    fs.rmSync(path.join(this.folder, 'closed'), { force: true });
  }

  git(): Git {
    return new Git({ binary: this.binary });
  }

  /** What happens to a piece of work when something else happens just before its transaction. */
  async between<T>(pattern: string, work: () => Promise<T>, happens: () => Promise<unknown>): Promise<T> {
    this.arm(pattern);
    const working = work();
    try {
      await Promise.race([this.reached(), working.then(unexpected, unexpected)]);
      await happens();
    } finally {
      this.open();
    }
    return working;
  }

  private put(name: string, text: string): void {
    const fresh = path.join(this.folder, `${name}.new`);
    fs.writeFileSync(fresh, text);
    fs.renameSync(fresh, path.join(this.folder, name));
  }
}

function unexpected(thrown: unknown): never {
  throw new Error('It was over before its transaction came.', { cause: thrown });
}

/** What every reference names, as git lists it: the object, and the other reference where it is symbolic. */
export function referencesOf(repo: TestRepo): Map<string, string> {
  const lines = repo.git('for-each-ref', '--format=%(refname) %(objectname) %(symref)').split('\n');
  return new Map(lines.map((line): [string, string] => [line.split(' ', 1)[0] ?? '', line]));
}

/** Fails unless the references are what they were, but for those whose names match. */
export function assertSameReferences(
  repo: TestRepo,
  before: ReadonlyMap<string, string>,
  except?: RegExp,
): void {
  const kept = (references: ReadonlyMap<string, string>): [string, string][] =>
    [...references].filter(([name]) => except?.test(name) !== true);
  assert.deepEqual(kept(referencesOf(repo)), kept(before));
}
