import path from 'node:path';
import * as vscode from 'vscode';
import type { GitPath } from '../../../git/path';
import { pathText } from '../../../git/path';
import type { Worktree } from '../../../git/worktree';
import type { BlockedPath, PlannedPath, RestorePlan } from '../../../restore/model';
import { fileUri } from '../../platform/objectUri';
import { openComparison } from '../../rows/openDiff';
import { shownLine } from '../../platform/shown';
import { inert } from '../../platform/text/inert';
import { blockedWord, cautionWord, shortOid } from '../../platform/text/words';

/** A line of the preview: a path that can be ticked, or one that cannot be restored at all. */
export interface PreviewItem extends vscode.QuickPickItem {
  readonly planned?: PlannedPath;
}

/** What the person ticked. */
export interface Choice {
  readonly chosen: readonly PlannedPath[];
  /** Paths with a caution that were left unticked. */
  readonly left: readonly PlannedPath[];
}

/** The lines of a plan: what is safe first and ticked, then what asks for care, then what cannot be done. */
export function previewItems(plan: RestorePlan, unsaved: (path: GitPath) => boolean): PreviewItem[] {
  const safe = plan.paths.filter(({ caution }) => caution === undefined);
  const careful = plan.paths.filter(({ caution }) => caution !== undefined);
  return [
    ...section(
      vscode.l10n.t('Will be restored'),
      safe.map((planned) => plannedItem(planned, unsaved)),
    ),
    ...section(
      vscode.l10n.t('Left alone unless you tick them'),
      careful.map((planned) => plannedItem(planned, unsaved)),
    ),
    ...section(vscode.l10n.t('Cannot be restored'), plan.blocked.map(blockedItem)),
  ];
}

/**
 * Shows what a restore would do to every path, and lets the person untick and tick. Enter accepts, Escape
 * cancels. Undefined when they cancelled.
 */
export function showPreview(
  worktree: Worktree,
  plan: RestorePlan,
  failed: (thrown: unknown) => void,
): Promise<Choice | undefined> {
  const items = previewItems(plan, unsavedIn(worktree)).map(shownLine);
  const picker = vscode.window.createQuickPick<PreviewItem>();
  picker.canSelectMany = true;
  picker.ignoreFocusOut = true;
  picker.matchOnDescription = true;
  const [commit, folder] = [shortOid(plan.target.oid), inert(path.basename(worktree.root))];
  picker.title =
    plan.target.session === undefined
      ? vscode.l10n.t('Restore from commit {0} into {1}', commit, folder)
      : vscode.l10n.t('Restore checkpoint {0} into {1}', commit, folder);
  picker.items = items;
  picker.selectedItems = items.filter(
    ({ planned }) => planned !== undefined && planned.caution === undefined,
  );
  picker.placeholder = placeholder(picker.selectedItems);
  return new Promise((resolve) => {
    picker.onDidChangeSelection((selected) => {
      const possible = selected.filter(({ planned }) => planned !== undefined);
      picker.placeholder = placeholder(possible);
      if (possible.length !== selected.length) {
        picker.selectedItems = possible;
      }
    });
    picker.onDidTriggerItemButton(({ item }) => {
      if (item.planned !== undefined) {
        openComparison(worktree, plan.target, item.planned).catch(failed);
      }
    });
    picker.onDidAccept(() => {
      resolve(choiceOf(plan, picker.selectedItems));
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

function choiceOf(plan: RestorePlan, selected: readonly PreviewItem[]): Choice {
  const chosen = selected.flatMap(({ planned }) => (planned === undefined ? [] : [planned]));
  const left = plan.paths.filter((planned) => planned.caution !== undefined && !chosen.includes(planned));
  return { chosen, left };
}

function section(label: string, items: PreviewItem[]): PreviewItem[] {
  return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
}

function plannedItem(planned: PlannedPath, unsaved: (path: GitPath) => boolean): PreviewItem {
  const willBe =
    planned.action === 'write' ? vscode.l10n.t('will be written') : vscode.l10n.t('will be deleted');
  const icon = planned.action === 'write' ? 'edit' : 'trash';
  const caution = cautionWord(planned);
  const warning = caution === undefined ? [] : [`$(warning) ${caution}`];
  const open = unsaved(planned.path) ? [vscode.l10n.t('open with unsaved changes')] : [];
  return {
    label: `$(${icon}) ${inert(pathText(planned.path))}`,
    description: [willBe, ...warning, ...open].join(' · '),
    buttons: [
      { iconPath: new vscode.ThemeIcon('git-compare'), tooltip: vscode.l10n.t('Compare with the File Now') },
    ],
    planned,
  };
}

function blockedItem({ path: blocked, reason }: BlockedPath): PreviewItem {
  return {
    label: `$(circle-slash) ${inert(pathText(blocked))}`,
    description: vscode.l10n.t('left alone: {0}', blockedWord(reason)),
  };
}

function placeholder(selected: readonly PreviewItem[]): string {
  const actions = selected.flatMap(({ planned }) => (planned === undefined ? [] : [planned.action]));
  const deleted = actions.filter((action) => action === 'delete').length;
  return vscode.l10n.t(
    '{0} will be written, {1} deleted. Enter restores, Escape cancels.',
    actions.length - deleted,
    deleted,
  );
}

function unsavedIn(worktree: Worktree): (path: GitPath) => boolean {
  const dirty = vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty);
  const open = new Set(dirty.map(({ uri }) => uri.toString()));
  return (gitPath) => open.has(fileUri(worktree.root, gitPath).toString());
}
