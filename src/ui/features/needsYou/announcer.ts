import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { messageOf } from '../../../errors';
import type { Decision } from '../../../decisions/decision';
import type { Dialogs } from '../../platform/dialogs';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { caseSentence } from '../../rows/decisionWords';

const stateKey = 'belay.announced';
/** How many decisions that were told are remembered; the oldest are forgotten, long after they were answered. */
const remembered = 500;
/** A question stands before the reset that it is about is done, and says something else when that fails. In milliseconds. */
const announceDelayMs = 1_500;

/** Tells of each decision once: neither a refresh nor a reload of the window tells of it again. */
export class Announcer implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly repositories: Repositories,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    private readonly dialogs: Dialogs,
    private readonly review: (model: RepositoryModel, decision: Decision) => Promise<void>,
  ) {
    this.subscription = repositories.onDidChange(() => {
      this.look();
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private look(): void {
    for (const model of this.repositories.distinct) {
      for (const decision of model.pending) {
        const told = this.told();
        if (told.includes(decision.version)) {
          continue;
        }
        // Its cache answers at once, so that the next look knows it whatever becomes of the writing.
        void this.memory.update(stateKey, [...told, decision.version].slice(-remembered));
        this.tell(model, decision).catch((thrown: unknown) => {
          this.log.error(`A decision could not be told of: ${messageOf(thrown)}`);
        });
      }
    }
  }

  private told(): readonly string[] {
    const parsed = v.safeParse(v.array(v.string()), this.memory.get(stateKey));
    return parsed.success ? parsed.output : [];
  }

  private async tell(model: RepositoryModel, decision: Decision): Promise<void> {
    await sleep(announceDelayMs, undefined, { ref: false });
    if (!model.pending.some(({ version }) => version === decision.version)) {
      return;
    }
    const review = vscode.l10n.t('Review');
    const words = caseSentence(decision);
    this.log.info(`${words} (decision ${decision.id})`);
    if ((await this.dialogs.warn(words, review)) === review) {
      await this.review(model, decision);
    }
  }
}
