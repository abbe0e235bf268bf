import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Git } from '../git/git';
import type { Repository } from '../git/worktree';
import { BelayError, messageOf } from '../errors';
import { withLock } from '../refs/lock';
import { NetworkChild } from './child';
import { networkEnvironment } from './environment';
import { failureOf, notDone, type Failure } from './failure';
import { operationVariable } from './group';
import { endLeftovers, forgetGroup, noteGroup } from './leftovers';
import type { NetworkKind, NetworkOperation, NetworkOutcome } from './networkOutcome';
import type { Pool, RemoteHealth } from './pool';
import type { Remote } from './remote';
import { readStatus, recordAnswer, recordFailure, type RemoteStatus } from './status';

/** What the operations of one {@link Network} share. */
export interface Context {
  readonly pool: Pool;
  readonly log: (line: string) => void;
  readonly onChange: () => void;
}

export interface Task {
  readonly kind: NetworkKind;
  readonly git: Git;
  readonly cwd: string;
  readonly remote: Remote;
  /** Where the lock and what is known of the remote are kept; a clone has none yet. */
  readonly repository: Repository | undefined;
  readonly args: readonly string[];
  readonly explicit: boolean;
  /** In milliseconds; 0 means without a limit. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

type Raw = NetworkOutcome<Buffer>;
/** Gives the caller the outcome, before everything has ended. */
type Deliver = (outcome: Raw) => void;

/** One operation on one remote, from being asked for to the end of its last process. */
export class Operation {
  readonly id = randomUUID();
  private readonly canceller = new AbortController();
  private readonly signal: AbortSignal;
  private state: NetworkOperation['state'] = 'waiting';
  private since = Date.now();
  private sinceCount = performance.now();
  /** How much of its limit it has used, in milliseconds. */
  private used = 0;

  constructor(
    private readonly context: Context,
    private readonly task: Task,
  ) {
    const { signal } = task;
    this.signal =
      signal === undefined ? this.canceller.signal : AbortSignal.any([signal, this.canceller.signal]);
  }

  describe(): NetworkOperation {
    return {
      id: this.id,
      kind: this.task.kind,
      remote: this.task.remote.shown,
      state: this.state,
      since: this.since,
      elapsed: performance.now() - this.sinceCount,
      limit: this.remaining(),
    };
  }

  cancel(): void {
    this.canceller.abort();
  }

  /**
   * Does it. Who waits is answered when all of it has ended; only where its processes cannot be killed, earlier. `over` is
   * called when they are really gone and the remote may be asked again, in any case before the answer otherwise.
   */
  run(over: () => void): Promise<Raw> {
    return new Promise((resolve, reject) => {
      this.carryOut(resolve).finally(over).then(resolve, reject);
    });
  }

  private async carryOut(early: Deliver): Promise<Raw> {
    const { repository, remote, explicit } = this.task;
    const status = repository && (await readStatus(repository, remote));
    if (status?.retryAfter !== undefined && !explicit) {
      const seconds = Math.ceil((status.retryAfter - Date.now()) / 1_000);
      const times = status.failures === 1 ? 'once' : `${status.failures} times in a row`;
      return notDone('backing_off', `${remote.shown} failed ${times}. It is tried again in ${seconds} s.`);
    }
    for (let health = healthOf(remote, status); ; health = 'failing') {
      const outcome = await this.inPlace(health, early);
      if (outcome !== 'made_room') {
        return outcome;
      }
      // It was silent while others waited: it goes on after them, in a place for those that do not answer.
      this.enter('waiting');
    }
  }

  private async inPlace(health: RemoteHealth, early: Deliver): Promise<Raw | 'made_room'> {
    const { repository, remote, explicit } = this.task;
    const leave = await this.context.pool.enter(health, explicit, this.signal);
    if (leave === undefined) {
      return notDone('cancelled', `The work with ${remote.shown} was cancelled before it began.`);
    }
    try {
      return await (repository === undefined
        ? this.execute(health, early)
        : this.alone(repository, health, early));
    } finally {
      leave();
    }
  }

  /** Only while no other process works on the remote; nobody waits for it. */
  private alone(repository: Repository, health: RemoteHealth, early: Deliver): Promise<Raw | 'made_room'> {
    const { remote } = this.task;
    const lock = path.join(repository.belayDir, 'locks', `network-${remote.id}`);
    return withLock(lock, { wait: 0, shared: repository.shared }, async (held) => {
      if (!held || (await endLeftovers(repository, remote))) {
        return notDone('still_running', `Another process has not ended its work with ${remote.shown} yet.`);
      }
      return this.execute(health, early);
    });
  }

  private async execute(health: RemoteHealth, early: Deliver): Promise<Raw | 'made_room'> {
    const { git, cwd, args, kind, limit, repository, remote } = this.task;
    // A clone is not of the repository that its target may lie in.
    const settingsFrom = repository === undefined ? path.parse(cwd).root : cwd;
    const environment = await networkEnvironment(git, settingsFrom, limit, process.env, {
      // As with the user's own push.
      hooks: kind === 'push',
    });
    this.enter('running');
    const startedAt = this.since;
    const child = new NetworkChild({
      program: git.binary,
      args,
      cwd,
      env: { ...environment, [operationVariable]: this.id },
      limit: this.remaining(),
      signal: this.signal,
      // What a person or agent waits for keeps its place; so does what has made room once.
      isInTheWay: () =>
        health !== 'failing' && (kind === 'fetch' || kind === 'list') && this.context.pool.isWaitedFor,
      onEnding: () => {
        this.enter('ending');
      },
    });
    if (repository !== undefined && child.pid !== undefined) {
      const { pid } = child;
      await this.orLog(() => noteGroup(repository, remote, pid, this.id));
    }
    const end = await child.end;
    this.used += performance.now() - this.sinceCount;
    if (end.stopped === 'made_room' && child.isGone) {
      return 'made_room';
    }
    const failure = failureOf(end, { shown: remote.shown, limit, clean: remote.clean });
    await this.remember(failure, startedAt);
    this.report(failure);
    const outcome: Raw =
      failure === undefined
        ? { kind: 'done', value: end.stdout, startedAt }
        : notDone(failure.reason, failure.message);
    if (!child.isGone) {
      early(outcome);
      await child.gone;
    }
    if (repository !== undefined) {
      await this.orLog(() => forgetGroup(repository, remote));
    }
    return outcome;
  }

  private async remember(failure: Failure | undefined, startedAt: number): Promise<void> {
    const { repository, remote, kind } = this.task;
    if (repository === undefined) {
      return;
    }
    if (failure === undefined) {
      const fetchedAt = kind === 'fetch' ? startedAt : undefined;
      await this.orLog(() => recordAnswer(repository, remote, fetchedAt));
      return;
    }
    // A push may fail for reasons that have nothing to do with whether the remote can be reached: a hook, a branch.
    if (failure.blamed && (kind !== 'push' || failure.reason === 'timed_out')) {
      await this.orLog(() => recordFailure(repository, remote, failure.message));
    }
  }

  private report(failure: Failure | undefined): void {
    const took = `${Math.round(this.used)} ms`;
    const how = failure === undefined ? 'done' : `${failure.reason.replace('_', ' ')}: ${failure.message}`;
    this.context.log(`Network: ${this.task.kind} ${this.task.remote.shown}, ${took}, ${how}`);
  }

  /** What is left of its limit, in milliseconds; 0 means without a limit. */
  private remaining(): number {
    const { limit } = this.task;
    return limit === 0 ? 0 : Math.max(1, limit - this.used);
  }

  private enter(state: NetworkOperation['state']): void {
    this.state = state;
    if (state !== 'ending') {
      this.since = Date.now();
      this.sinceCount = performance.now();
    }
    this.context.onChange();
  }

  /** What is kept about remotes can be lost: a disk that refuses it takes nothing from what was fetched. */
  private async orLog(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (!(thrown instanceof BelayError) && !(thrown instanceof Error && 'code' in thrown)) {
        throw thrown;
      }
      this.context.log(`Network: ${this.task.remote.clean(messageOf(thrown))}`);
    }
  }
}

function healthOf(remote: Remote, status: RemoteStatus | undefined): RemoteHealth {
  if (status !== undefined && status.failures > 0) {
    return 'failing';
  }
  return remote.local || status?.lastFetched !== undefined ? 'steady' : 'unknown';
}
