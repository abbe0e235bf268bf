import * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import type { PinFollowing } from '../../rows/app';
import type { Repositories } from '../../state/repositories';
import { syncSettings } from '../../platform/settings';
import type { WindowNetwork } from '../../state/windowNetwork';

/**
 * Fetches every remote of the open repositories now and then, where the person has set how often. Changes no branch, unless a
 * pin follows what was fetched.
 */
export class FetchSchedule implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly repositories: Repositories,
    private readonly network: WindowNetwork,
    private readonly following: PinFollowing,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('belay.sync.fetchEvery')) {
        this.plan();
      }
    });
    this.plan();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.subscription.dispose();
  }

  private plan(): void {
    clearInterval(this.timer);
    const { fetchEvery } = syncSettings(vscode.workspace.getConfiguration('belay'), this.log);
    if (fetchEvery > 0) {
      this.timer = setInterval(() => {
        this.fetchAll().catch((thrown: unknown) => {
          this.log.info(`The scheduled fetch failed: ${messageOf(thrown)}`);
        });
      }, fetchEvery);
    }
  }

  /** A remote that failed lately, or is being asked, is left alone: nobody asked explicitly. */
  private async fetchAll(): Promise<void> {
    const { NotingFetcher } = await import('../../../fanout/follow');
    const shared = await this.network.get();
    await Promise.all(
      this.repositories.distinct.map(async (model) => {
        const { worktree } = model;
        const network = new NotingFetcher(shared);
        const text = await worktree.git.text({ args: ['remote'], cwd: worktree.root });
        const remotes = text.split('\n').filter((name) => name !== '');
        await Promise.all(remotes.map((remote) => network.fetch(worktree, remote)));
        await this.following.after(model, network);
      }),
    );
  }
}
