import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { PersonalPlaces } from '../../agents/installation';
import type { AgentStatus } from '../../connect/connectionModel';
import type { Surroundings } from '../../connect/statuses';
import { messageOf } from '../../errors';
import { Coalescer } from '../platform/coalesce';
import type { RepositoryModel } from './repositoryModel';
import type { Repositories } from './repositories';
import { relativeTime } from '../platform/text/time';

/** Hooks come in flocks, and a look reads a dozen files. In milliseconds. */
const delay = 500;

/** Whose agents they are, as far as configuration in the home folder goes. */
export function personalPlaces(): PersonalPlaces {
  return { home: homedir(), environment: process.env };
}

/** Which agents are connected to each repository, and heard of. Views draw what is known, and are told of more. */
export class AgentStates implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly seen = new Map<string, readonly AgentStatus[]>();
  /** What git told, as long as the repositories have not changed since. */
  private readonly told = new Map<string, { readonly found: string; readonly surroundings: Surroundings }>();
  private readonly looking: Coalescer;
  private readonly subscriptions: readonly vscode.Disposable[];
  private drawn = '';

  constructor(
    private readonly repositories: Repositories,
    private readonly isShown: () => boolean,
    log: vscode.LogOutputChannel,
    /** How often it is looked whether an agent runs that is not heard of, in milliseconds. Asks no git. */
    every: number,
  ) {
    this.looking = new Coalescer(
      delay,
      () => this.look(),
      (thrown) => {
        log.warn(`How the agents are connected could not be read: ${messageOf(thrown)}`);
      },
    );
    const timer = setInterval(() => {
      this.request();
    }, every);
    this.subscriptions = [
      repositories.onDidChange(() => {
        this.request();
      }),
      new vscode.Disposable(() => {
        clearInterval(timer);
      }),
    ];
  }

  /** What is known of the agents of a repository; it is read first where nobody has looked yet. @throws what keeps it from being read. */
  async of(model: RepositoryModel): Promise<readonly AgentStatus[]> {
    return this.seen.get(model.commonDir) ?? (await this.read(model));
  }

  /** Looks again soon. */
  request(): void {
    if (this.isShown()) {
      this.looking.request();
    }
  }

  /** On a refresh: soon everything is read again. */
  forget(): void {
    this.told.clear();
    this.request();
  }

  /** The same at once, for who has just changed it. */
  refresh(): Promise<void> {
    this.told.clear();
    return this.looking.runNow();
  }

  dispose(): void {
    this.looking.dispose();
    vscode.Disposable.from(...this.subscriptions, this.changed).dispose();
  }

  private async look(): Promise<void> {
    await Promise.all(this.repositories.distinct.map((model) => this.read(model)));
    const face = JSON.stringify([...this.seen].map(([id, statuses]) => [id, statuses.map(faceOf)]));
    if (face !== this.drawn) {
      this.drawn = face;
      this.changed.fire();
    }
  }

  private async read(model: RepositoryModel): Promise<readonly AgentStatus[]> {
    const { agentStatuses, surroundingsOf } = await import('../../connect/statuses');
    const { found } = this.repositories;
    const told = this.told.get(model.commonDir);
    const surroundings = told?.found === found ? told.surroundings : await surroundingsOf(model.worktree);
    this.told.set(model.commonDir, { found, surroundings });
    const statuses = await agentStatuses(model.worktree, personalPlaces(), surroundings);
    this.seen.set(model.commonDir, statuses);
    return statuses;
  }
}

/** As a row shows it: that time goes by is not news until it reads differently. */
function faceOf(status: AgentStatus): unknown {
  return { ...status, heardAt: status.heardAt === undefined ? undefined : relativeTime(status.heardAt) };
}
