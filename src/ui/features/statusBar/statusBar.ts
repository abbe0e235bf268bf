import path from 'node:path';
import * as vscode from 'vscode';
import { slowSentences, type SlowState } from '../../../agents/slowState';
import { pathText, type GitPath } from '../../../git/path';
import type { RepositoryModel } from '../../state/repositoryModel';
import type { Repositories } from '../../state/repositories';
import { agentName } from '../../platform/agentLook';
import { currentModel } from '../../state/currentModel';
import type { Fenced } from '../../state/fenced';
import { shown } from '../../platform/shown';
import { escapeMarkdown, inertLine } from '../../platform/text/inert';
import { exactTime, relativeTime } from '../../platform/text/time';
import { isWorrying } from '../../platform/text/words';
import { plural } from '../../platform/text/counts';

interface Look {
  readonly icon: string;
  readonly text: string;
  readonly details: readonly string[];
  readonly warns: boolean;
}

/**
 * The one status bar item: whether the worktree that the person is in is covered, and since when.
 * @param every How often "2 min ago" is written anew, in milliseconds.
 */
export function createStatusBar(
  repositories: Repositories,
  fenced: Fenced,
  every: number,
): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('belay.coverage', vscode.StatusBarAlignment.Left, -1);
  item.name = vscode.l10n.t('Belay: Coverage');
  const draw = (): void => {
    const model = currentModel(repositories);
    if (model === undefined) {
      item.hide();
      return;
    }
    const unseen = fenced.unseenIn(model);
    apply(item, withFenced(withSlow(lookOf(model), model.slow), unseen));
    // The view's own command of VS Code: it shows the sessions, each with its count.
    item.command = unseen === 0 ? 'belay.showCheckpoint' : 'belay.sessions.focus';
    item.show();
  };
  const timer = setInterval(draw, every);
  return vscode.Disposable.from(
    item,
    repositories.onDidChange(draw),
    fenced.onDidChange(draw),
    vscode.window.onDidChangeActiveTextEditor(draw),
    new vscode.Disposable(() => {
      clearInterval(timer);
    }),
  );
}

function apply(item: vscode.StatusBarItem, look: Look): void {
  item.text = shown(`$(${look.icon}) ${look.text}`);
  item.tooltip = new vscode.MarkdownString(look.details.map(escapeMarkdown).join('\n\n'));
  item.backgroundColor = look.warns ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  item.accessibilityInformation = { label: shown([look.text, ...look.details].join('. ')), role: 'button' };
}

/** Says so, and no louder than that, while fenced writes wait to be looked at. */
function withFenced(look: Look, unseen: number): Look {
  if (unseen === 0) {
    return look;
  }
  return {
    ...look,
    text: vscode.l10n.t('{0} · {1} rejected', look.text, unseen),
    details: [
      vscode.l10n.t(
        '{0} to look at: what they tried to save is under their sessions.',
        plural(unseen, 'rejected'),
      ),
      ...look.details,
    ],
  };
}

const shownPath = (name: GitPath): string => inertLine(pathText(name), 80);

/** Says so while something is not covered because looking takes too long, and why. */
function withSlow(look: Look, slow: SlowState | undefined): Look {
  if (slow === undefined) {
    return look;
  }
  return {
    ...look,
    icon: slow.waits ? 'warning' : look.icon,
    text: slow.waits ? vscode.l10n.t('{0} · slow scan', look.text) : look.text,
    details: [...look.details, ...slowSentences(vscode.l10n, slow, shownPath, exactTime)],
    warns: look.warns || slow.waits,
  };
}

function lookOf(model: RepositoryModel): Look {
  const { latest } = model;
  const worktree = vscode.l10n.t('Worktree {0}', path.basename(model.root));
  if (latest === undefined) {
    const details = [
      worktree,
      vscode.l10n.t('No checkpoint has been taken here yet. Run Belay: Checkpoint Now.'),
    ];
    return { icon: 'shield', text: vscode.l10n.t('Belay: nothing saved yet'), details, warns: false };
  }
  const ago = relativeTime(latest.time);
  const details = [
    worktree,
    vscode.l10n.t('Last checkpoint {0} by {1}', exactTime(latest.time), agentName(latest.agent)),
    vscode.l10n.t('Later edits are not in it.'),
  ];
  const lacking = latest.uncovered.length + latest.uncoveredMore;
  if (lacking === 0) {
    return { icon: 'shield', text: vscode.l10n.t('Belay: saved {0}', ago), details, warns: false };
  }
  const warns = latest.uncoveredMore > 0 || latest.uncovered.some(({ reason }) => isWorrying(reason));
  return {
    icon: warns ? 'warning' : 'shield',
    text: vscode.l10n.t('Belay: {0}, {1}', plural(lacking, 'uncovered'), ago),
    details: [...details, plural(lacking, 'uncovered')],
    warns,
  };
}
