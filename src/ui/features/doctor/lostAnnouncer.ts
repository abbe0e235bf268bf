import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Lost } from '../../../checkpoint/acknowledged';
import { messageOf } from '../../../errors';
import type { Dialogs } from '../../platform/dialogs';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { inertLine } from '../../platform/text/inert';

const stateKey = 'belay.acknowledged';

/** What this window remembers, by repository and worktree: the record's own text, which only its reader has to understand. */
const memory = v.record(v.string(), v.record(v.string(), v.unknown()));

/**
 * Tells once of acknowledged checkpoints that no reference names any more. The window remembers them as well: where the record in
 * the repository has gone with the references, it is written again from here.
 */
export class LostAnnouncer implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  private readonly told = new Set<string>();
  /** What each repository was found to be when it was looked at last: that it is drawn again is no reason to ask git. */
  private readonly faces = new Map<string, string>();
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly repositories: Repositories,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    private readonly dialogs: Dialogs,
    private readonly runDoctor: () => Promise<void>,
  ) {
    this.subscription = repositories.onDidChange(() => {
      this.looking = this.looking.then(() => this.lookAtAll());
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private async lookAtAll(): Promise<void> {
    for (const model of this.repositories.distinct) {
      const { commonDir, face } = model;
      if (this.faces.get(commonDir) === face) {
        continue;
      }
      try {
        await this.look(model);
        this.faces.set(commonDir, face);
      } catch (thrown) {
        this.log.warn(`Lost checkpoints could not be looked for: ${messageOf(thrown)}`);
      }
    }
  }

  /** Asks git only where the newest checkpoint on show is not the one that was acknowledged last. */
  private async look(model: RepositoryModel): Promise<void> {
    const { acknowledgedKeys, lostOf, parseAcknowledged, readAcknowledged, writeAcknowledged } =
      await import('../../../checkpoint/acknowledged');
    const { worktree, commonDir, latest } = model;
    const { repository } = worktree;
    const all = this.remembered();
    const ours = new Map(Object.entries(all[commonDir] ?? {}));
    const keys = new Set([...ours.keys(), ...(await acknowledgedKeys(repository))]);
    for (const key of keys) {
      let known = await readAcknowledged(repository, key);
      if (known === undefined) {
        known = parseAcknowledged(ours.get(key));
        if (known !== undefined) {
          await writeAcknowledged(repository, key, known);
        }
      }
      if (known === undefined) {
        continue;
      }
      ours.set(key, known);
      const isOnShow = key === worktree.key && latest?.oid === known.ends[0]?.oid;
      const lost = isOnShow && !known.lost ? undefined : await lostOf(worktree, key, known);
      if (lost !== undefined) {
        void this.tell(commonDir, lost);
      }
    }
    const next = { ...all, [commonDir]: Object.fromEntries(ours) };
    if (JSON.stringify(next) !== JSON.stringify(all)) {
      await this.state.update(stateKey, next);
    }
  }

  private remembered(): v.InferOutput<typeof memory> {
    const parsed = v.safeParse(memory, this.state.get(stateKey));
    return parsed.success ? parsed.output : {};
  }

  private async tell(commonDir: string, lost: Lost): Promise<void> {
    const ends = [...lost.ends, ...lost.gone].map(({ oid }) => oid);
    const what = `${commonDir} ${lost.worktree} ${ends.join(' ')}`;
    if (this.told.has(what)) {
      return;
    }
    this.told.add(what);
    const { lostWords } = await import('../../../checkpoint/acknowledged');
    const words = inertLine(lostWords(lost), 200);
    this.log.warn(words);
    const examine = vscode.l10n.t('Run Health Check');
    if ((await this.dialogs.warn(words, examine)) === examine) {
      await this.runDoctor();
    }
  }
}
