import * as v from 'valibot';
import type * as vscode from 'vscode';
import type { Known } from '../../decisions/known';
import type { Decision, Signature } from '../../decisions/decision';
import { messageOf } from '../../errors';
import type { Worktree } from '../../git/worktree';

const secretName = 'belay.answerKey';
const stateKey = 'belay.answers';
/** So many keys and answers are remembered by VS Code itself, for a home that cannot be written. */
const remembered = 500;

const state = v.object({
  keys: v.array(v.string()),
  accepted: v.array(v.string()),
  /** When this VS Code first looked, in milliseconds since the epoch: merely looking writes nothing into the home. */
  since: v.optional(v.number()),
});

/**
 * Tells the person's own answers from those that something else wrote. Each VS Code has a key in its secret storage; one that is
 * lost is made anew, and what it had signed stays known.
 */
export class WindowAnswers {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Undefined where no key can be had: the answer is then remembered by its version alone. */
  async sign({ repository }: Worktree, given: Omit<Decision, 'version'>): Promise<Signature | undefined> {
    const { newKey, signWith, statementOf } = await import('../../decisions/signature');
    try {
      const kept = await this.secrets.get(secretName);
      const key = kept ?? newKey();
      const signature = signWith(key, statementOf(repository.commonDir, given));
      if (kept === undefined) {
        await this.secrets.store(secretName, key);
      }
      await this.know('keys', signature.key);
      return signature;
    } catch (thrown) {
      this.log.warn(`An answer could not be signed: ${messageOf(thrown)}`);
      return undefined;
    }
  }

  /** The person knows of this answer. */
  accept({ version }: Decision): Promise<void> {
    return this.know('accepted', version);
  }

  /** Which of these answers, and of those to remembered questions, no window of this person is known to have given. */
  async unknown(worktree: Worktree, decisions: readonly Decision[]): Promise<readonly Decision[]> {
    const { answersToConfirm } = await import('../../decisions/known');
    return answersToConfirm(worktree, decisions, await this.known());
  }

  private async known(): Promise<Known> {
    const { knownAtHome } = await import('../../decisions/known');
    const [home, own] = [await knownAtHome(), this.own()];
    if (own.since === undefined) {
      await this.memory.update(stateKey, { ...own, since: home.since ?? Date.now() });
    }
    const since = Math.min(home.since ?? Infinity, own.since ?? Date.now());
    return {
      keys: new Set([...home.keys, ...own.keys]),
      accepted: new Set([...home.accepted, ...own.accepted]),
      since,
    };
  }

  private async know(kind: 'keys' | 'accepted', what: string): Promise<void> {
    const { knowAtHome } = await import('../../decisions/known');
    await knowAtHome(kind, what);
    const own = this.own();
    if (!own[kind].includes(what)) {
      await this.memory.update(stateKey, { ...own, [kind]: [...own[kind], what].slice(-remembered) });
    }
  }

  private own(): v.InferOutput<typeof state> {
    const parsed = v.safeParse(state, this.memory.get(stateKey));
    return parsed.success ? parsed.output : { keys: [], accepted: [] };
  }
}
