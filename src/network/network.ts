import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { BelayError, messageOf } from '../errors';
import { fixedOptions } from '../git/environment';
import type { Git } from '../git/git';
import { whenMissing } from '../git/diskErrors';
import { noteChange, noteDoubt, type ChangedKind } from '../ledger';
import type { Worktree } from '../git/worktree';
import { notDone } from './failure';
import {
  longestTime,
  type CloneOptions,
  type FetchOptions,
  type ListOptions,
  type NetworkKind,
  type NetworkLimits,
  type NetworkOperation,
  type NetworkOptions,
  type NetworkOutcome,
} from './networkOutcome';
import { Operation, type Context } from './operation';
import { Pool } from './pool';
import { describeRemote, refuseOption, resolveRemote, type Remote } from './remote';
import { withoutCredentials } from './cleanOutput';

export interface NetworkSettings {
  readonly limits: NetworkLimits;
  /** Told of each operation that ran, in one line without credentials. */
  readonly log?: (line: string) => void;
  /** Told whenever {@link Network.operations} changes. */
  readonly onChange?: () => void;
}

/** What is asked for, before it is known whether it may start. */
interface Request<T> extends NetworkOptions {
  readonly kind: NetworkKind;
  readonly args: readonly string[];
  /** Follow the remote's name: what to fetch, list or push. */
  readonly references: readonly string[];
  readonly read: (stdout: Buffer) => T;
  /** What it is noted as, where it moves references. */
  readonly moves?: ChangedKind | undefined;
}

/** Hooks of the user's that guard a push (git-lfs uploads in one) run as with the user's own git. */
const optionsWithHooks = fixedOptions.filter(
  (option, index) =>
    !option.startsWith('core.hooksPath=') && fixedOptions[index + 1]?.startsWith('core.hooksPath=') !== true,
);

/**
 * Everything that Belay does with remotes. Each operation has a hard limit and ends as a whole process group; a bounded
 * number run at once, apart from everything else; a remote has one operation at a time, over all processes; a remote
 * that fails is left alone for a while. Not reaching a remote is an outcome, never an exception.
 */
export class Network {
  private readonly current = new Map<string, Operation>();
  private readonly pool: Pool;
  private limits: NetworkLimits;
  private readonly context: Context;

  constructor(settings: NetworkSettings) {
    this.limits = settings.limits;
    this.pool = new Pool(settings.limits.maxOperations);
    this.context = {
      pool: this.pool,
      log: settings.log ?? (() => undefined),
      onChange: settings.onChange ?? (() => undefined),
    };
  }

  /**
   * Brings the remote's references and objects here, as the user's own `git fetch` would; touches no FETCH_HEAD, runs no
   * hook, starts no housekeeping and looks into no submodule.
   */
  fetch(worktree: Worktree, remote: string, options: FetchOptions = {}): Promise<NetworkOutcome<void>> {
    const { objects } = options;
    const switches = [
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--no-recurse-submodules',
      // Told to say how far it is, git is heard as soon as the remote sends anything.
      '--progress',
      // What is named by its id comes alone.
      ...(objects === undefined ? [] : ['--no-tags']),
    ];
    return this.ask(worktree, remote, 'fetch', {
      ...options,
      kind: 'fetch',
      args: [...fixedOptions, 'fetch', ...switches, '--', remote],
      references: objects ?? options.refspecs ?? [],
      moves: objects === undefined ? 'fetched' : undefined,
      read: () => undefined,
    });
  }

  /** What the remote has now: from each reference's name (`HEAD` too) to its object id. */
  listRemote(
    worktree: Worktree,
    remote: string,
    options: ListOptions = {},
  ): Promise<NetworkOutcome<Map<string, string>>> {
    return this.ask(worktree, remote, 'fetch', {
      ...options,
      kind: 'list',
      args: [...fixedOptions, 'ls-remote', '--quiet', '--', remote],
      references: options.patterns ?? [],
      read: readList,
    });
  }

  /** Sends what the refspecs say, never with force unless they say so. A person or agent asked: no back-off holds it up. */
  push(
    worktree: Worktree,
    remote: string,
    refspecs: readonly string[],
    options: Omit<NetworkOptions, 'explicit'> = {},
  ): Promise<NetworkOutcome<void>> {
    const switches = ['--no-progress', '--recurse-submodules=no'];
    return this.ask(worktree, remote, 'push', {
      ...options,
      explicit: true,
      kind: 'push',
      args: [...optionsWithHooks, 'push', ...switches, '--', remote],
      references: refspecs,
      moves: 'pushed',
      read: () => undefined,
    });
  }

  /**
   * Makes a new repository in a folder that does not exist or is empty. It appears there when it is complete; one that
   * was not completed leaves nothing behind.
   */
  async clone(
    git: Git,
    url: string,
    folder: string,
    options: CloneOptions = {},
  ): Promise<NetworkOutcome<void>> {
    return this.orWords(url, async () => {
      refuseOption(url);
      const target = path.resolve(folder);
      const parent = path.dirname(target);
      const beside = path.join(parent, `.${path.basename(target)}.${randomUUID()}`);
      const remote = describeRemote(url, parent);
      const switches = [
        '--no-recurse-submodules',
        '--no-progress',
        ...(options.branch === undefined ? [] : [`--branch=${options.branch}`]),
        ...(options.depth === undefined ? [] : [`--depth=${options.depth}`]),
        ...(options.noCheckout === true ? ['--no-checkout'] : []),
        ...(options.bare === true ? ['--bare'] : []),
      ];
      await mkdir(parent, { recursive: true });
      const inTheWay = await readdir(target).catch(whenMissing([]));
      if (inTheWay.length > 0) {
        return notDone('failed', `The folder ${target} is not empty.`);
      }
      try {
        const outcome = await this.start(`clone\0${remote.id}`, git, parent, remote, undefined, {
          ...options,
          kind: 'clone',
          args: [...fixedOptions, 'clone', ...switches, '--', url],
          references: [beside],
          read: () => undefined,
        });
        if (outcome.kind === 'done') {
          await rmdir(target).catch(whenMissing(undefined));
          await rename(beside, target);
        }
        return outcome;
      } finally {
        await rm(beside, { recursive: true, force: true, maxRetries: 3 });
      }
    });
  }

  /** What has been asked for and has not ended, the oldest first. */
  get operations(): readonly NetworkOperation[] {
    return [...this.current.values()].map((operation) => operation.describe());
  }

  /** Ends one operation, or all; those who wait for it are told `cancelled`. */
  cancel(id?: string): void {
    for (const operation of this.current.values()) {
      if (id === undefined || operation.id === id) {
        operation.cancel();
      }
    }
  }

  /** Other limits from now on; what runs keeps those with which it was started. */
  setLimits(limits: NetworkLimits): void {
    this.limits = limits;
    this.pool.resize(limits.maxOperations);
  }

  private ask<T>(
    worktree: Worktree,
    name: string,
    direction: 'fetch' | 'push',
    request: Request<T>,
  ): Promise<NetworkOutcome<T>> {
    return this.orWords(name, async () => {
      request.references.forEach(refuseOption);
      if (request.kind === 'push' && request.references.length === 0) {
        return notDone('failed', 'Nothing was named that is to be pushed.');
      }
      const remote = await resolveRemote(worktree, name, direction);
      const { commonDir } = worktree.repository;
      return this.start(`${commonDir}\0${remote.id}`, worktree.git, worktree.root, remote, worktree, request);
    });
  }

  private async start<T>(
    key: string,
    git: Git,
    cwd: string,
    remote: Remote,
    worktree: Worktree | undefined,
    request: Request<T>,
  ): Promise<NetworkOutcome<T>> {
    // No await between the look and the entry: of two that ask at once, one is told that the other still runs.
    if (this.current.has(key)) {
      return notDone('still_running', `An earlier operation on ${remote.shown} has not ended yet.`);
    }
    const { read, references, moves, ...rest } = request;
    const operation = new Operation(this.context, {
      ...rest,
      args: [...request.args, ...references],
      git,
      cwd,
      remote,
      repository: worktree?.repository,
      explicit: request.explicit === true,
      limit: Math.min(request.timeLimit ?? this.limits.timeLimit, longestTime),
    });
    this.current.set(key, operation);
    this.context.onChange();
    const outcome = await operation.run(() => {
      this.current.delete(key);
      this.context.onChange();
    });
    if (moves !== undefined) {
      noteMove(moves, remote, outcome);
    }
    return outcome.kind === 'done' ? { ...outcome, value: read(outcome.value) } : outcome;
  }

  /** What the disk or git on this side refuse before a remote is asked is an outcome as well. */
  private async orWords<T>(
    remote: string,
    work: () => Promise<NetworkOutcome<T>>,
  ): Promise<NetworkOutcome<T>> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof BelayError || (thrown instanceof Error && 'code' in thrown)) {
        const words = describeRemote(remote, '/').clean(messageOf(thrown));
        this.context.log(`Network: ${withoutCredentials(remote)}: ${words}`);
        return notDone('failed', words);
      }
      throw thrown;
    }
  }
}

/** Where git did not finish, some references may have moved before it failed or was stopped. */
function noteMove(moves: ChangedKind, { shown }: Remote, outcome: NetworkOutcome<unknown>): void {
  if (outcome.kind === 'done') {
    noteChange(moves, shown, { to: 'done' });
  } else if (outcome.reason !== 'still_running' && outcome.reason !== 'backing_off') {
    noteDoubt(moves);
  }
}

function readList(stdout: Buffer): Map<string, string> {
  const lines = stdout.toString('utf8').split('\n');
  return new Map(
    lines
      .map((line) => /^([0-9a-f]{40,64})\t(.+)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, oid = '', name = '']): [string, string] => [name, oid])
      // What a tag leads to is not a reference of its own.
      .filter(([name]) => !name.endsWith('^{}')),
  );
}
