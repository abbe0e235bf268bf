import path from 'node:path';
import * as vscode from 'vscode';
import type { GitPath } from '../../../git/path';
import { pathText } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import type { BlockedPath, PlannedPath, RestorePlan } from '../../../restore/restoreRequest';
import { under, type Line } from '../../platform/dialogs';
import { showFailure } from '../../platform/failure';
import { fileUri } from '../../platform/objectUri';
import type { App } from '../../rows/app';
import { openComparison } from '../../rows/openDiff';
import { inert } from '../../platform/text/inert';
import { blockedWord, cautionWord, shortOid } from '../../platform/text/words';

/** What the person ticked. */
export interface Choice {
  readonly chosen: readonly PlannedPath[];
  /** Paths with a caution that were left unticked. */
  readonly left: readonly PlannedPath[];
}

/**
 * Shows what a restore would do to every path, and lets the person untick and tick: what is safe comes first and ticked, then what
 * asks for care, then what cannot be done. Undefined when they left.
 */
export async function showPreview(
  app: App,
  worktree: Worktree,
  plan: RestorePlan,
): Promise<Choice | undefined> {
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
