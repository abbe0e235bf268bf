import * as vscode from 'vscode';
import { pathText, type GitPath } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import type { RestoreTarget, BlockedPath, PlannedPath, RestorePlan } from '../../../restore/restoreRequest';
import { planRestore } from '../../../restore/planRestore';
import { restore } from '../../../restore/restore';
import type { App } from '../../rows/app';
import { withCancel, withPatience } from '../../platform/progress';
import { shortOid, blockedWord, cautionWord } from '../../platform/text/words';
import { restoring } from './restoreInto';
import { resultWords } from './restoreWords';
import { undoIn } from './undoRestore';
import path from 'node:path';
import { under, type Line } from '../../platform/dialogs';
import { showFailure } from '../../platform/failure';
import { fileUri } from '../../platform/objectUri';
import { openComparison } from '../../rows/openDiff';
import { inert } from '../../platform/text/inert';

/**
 * Plans a restore, shows it path by path, and does what the person ticked. Nothing is written or deleted that was not
 * a line of the preview; what asks for care is touched only if it was ticked.
 * @param paths Only these; undefined for all.
 */
export async function previewAndRestore(
  app: App,
  worktree: Worktree,
  target: RestoreTarget,
  paths: readonly GitPath[] | undefined,
): Promise<void> {
  const plan = await withCancel(vscode.l10n.t('Comparing with the checkpoint'), () =>
    planRestore(worktree, target, paths, app.own.idIn(worktree)),
  );
  if (plan.paths.length === 0 && plan.blocked.length === 0) {
    void app.dialogs.tell(
      target.session === undefined
        ? vscode.l10n.t('Everything already matches commit {0}.', shortOid(target.oid))
        : vscode.l10n.t('Everything already matches checkpoint {0}.', shortOid(target.oid)),
    );
    return;
  }
  const choice = await showPreview(app, worktree, plan);
  if (choice === undefined) {
    return;
  }
  if (choice.chosen.length === 0) {
    void app.dialogs.tell(vscode.l10n.t('No file was ticked, so nothing was restored.'));
    return;
  }
  const request = {
    paths: choice.chosen.map(({ path }) => path),
    include: choice.chosen.filter(({ caution }) => caution !== undefined).map(({ path }) => path),
  };
  // Not cancellable: half a restore helps nobody, and a whole one can be undone.
  const result = await withPatience(vscode.l10n.t('Restoring'), () =>
    restoring(app, worktree, (restorer) => restore(worktree, target, { ...restorer, ...request })),
  );
  await app.repositories.reload();
  if (result === undefined) {
    return;
  }
  const undo = vscode.l10n.t('Undo');
  const words = [vscode.l10n.t('Restored:'), ...resultWords(result, choice.left)].join(' ');
  if ((await app.dialogs.tell(words, undo)) === undo) {
    await undoIn(app, worktree);
  }
}

/** What the person ticked. */
interface Choice {
  readonly chosen: readonly PlannedPath[];
  /** Paths with a caution that were left unticked. */
  readonly left: readonly PlannedPath[];
}

/**
 * Shows what a restore would do to every path, and lets the person untick and tick: what is safe comes first and ticked, then what
 * asks for care, then what cannot be done. Undefined when they left.
 */
async function showPreview(app: App, worktree: Worktree, plan: RestorePlan): Promise<Choice | undefined> {
  const [commit, folder] = [shortOid(plan.target.oid), inert(path.basename(worktree.root))];
  const unsaved = unsavedIn(worktree);
  const lines = (isSafe: boolean): Line<PlannedPath>[] =>
    plan.paths
      .filter(({ caution }) => (caution === undefined) === isSafe)
      .map((planned) => ({
        ...plannedLine(planned, unsaved),
        button: {
          icon: 'git-compare',
          tooltip: vscode.l10n.t('Compare with the File Now'),
          press: () => {
            openComparison(worktree, plan.target, planned).catch((thrown: unknown) => {
              showFailure(app, thrown);
            });
          },
        },
        picked: isSafe,
        value: planned,
      }));
  const chosen = await app.dialogs.several({
    title:
      plan.target.session === undefined
        ? vscode.l10n.t('Restore from commit {0} into {1}', commit, folder)
        : vscode.l10n.t('Restore checkpoint {0} into {1}', commit, folder),
    placeHolder: placeholder([]),
    said: placeholder,
    lines: [
      ...under(vscode.l10n.t('Will be restored'), lines(true)),
      ...under(vscode.l10n.t('Left alone unless you tick them'), lines(false)),
      ...under(vscode.l10n.t('Cannot be restored'), plan.blocked.map(blockedEntry)),
    ],
  });
  return (
    chosen && {
      chosen,
      left: plan.paths.filter((planned) => planned.caution !== undefined && !chosen.includes(planned)),
    }
  );
}

function plannedLine(
  planned: PlannedPath,
  unsaved: (path: GitPath) => boolean,
): { readonly label: string; readonly description: string } {
  const willBe =
    planned.action === 'write' ? vscode.l10n.t('will be written') : vscode.l10n.t('will be deleted');
  const icon = planned.action === 'write' ? 'edit' : 'trash';
  const caution = cautionWord(planned);
  const warning = caution === undefined ? [] : [`$(warning) ${caution}`];
  const open = unsaved(planned.path) ? [vscode.l10n.t('open with unsaved changes')] : [];
  return {
    label: `$(${icon}) ${inert(pathText(planned.path))}`,
    description: [willBe, ...warning, ...open].join(' · '),
  };
}

/** A path that cannot be restored at all, and so cannot be ticked. */
function blockedEntry({ path: blocked, reason }: BlockedPath): vscode.QuickPickItem {
  return {
    label: `$(circle-slash) ${inert(pathText(blocked))}`,
    description: vscode.l10n.t('left alone: {0}', blockedWord(reason)),
  };
}

function placeholder(ticked: readonly PlannedPath[]): string {
  const deleted = ticked.filter(({ action }) => action === 'delete').length;
  return vscode.l10n.t(
    '{0} will be written, {1} deleted. Enter restores, Escape cancels.',
    ticked.length - deleted,
    deleted,
  );
}

function unsavedIn(worktree: Worktree): (path: GitPath) => boolean {
  const dirty = vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty);
  const open = new Set(dirty.map(({ uri }) => uri.toString()));
  return (gitPath) => open.has(fileUri(worktree.root, gitPath).toString());
}
