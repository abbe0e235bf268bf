import * as vscode from 'vscode';
import { frequentVerbs, guardedVerbs } from '../../../agents/destructive';
import { gitFolderSetting, type Protection } from '../../../agents/hookSettings';
import { readProtections, setProtection, withoutSetting } from '../../../agents/protection';
import type { App } from '../../rows/app';
import { pickModel } from '../../rows/pick';
import { under, type Line } from '../../platform/dialogs';

/**
 * Belay: Protect Git Commands from Agents. What becomes of a command that could drop work, and of the removal of the .git folder, in
 * this repository.
 */
export async function protectCommands(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Protect the git commands of which repository?'));
  if (model === undefined) {
    return;
  }
  const { worktree } = model;
  const now = await readProtections(worktree);
  const title = vscode.l10n.t('Protect Git Commands from Agents');
  const line = (verb: string): Line<string> => ({
    label: verb === gitFolderSetting ? vscode.l10n.t('Removal of the .git folder') : `git ${verb}`,
    description: protectionWord(verb, now.get(verb) ?? withoutSetting(verb)),
    value: verb,
  });
  const verb = await app.dialogs.one({
    title,
    placeHolder: vscode.l10n.t('Which git command should be protected? Press Escape to cancel.'),
    lines: [
      ...frequentVerbs.map(line),
      line(gitFolderSetting),
      ...under(vscode.l10n.t('Other'), guardedVerbs.filter((one) => !frequentVerbs.includes(one)).map(line)),
    ],
  });
  if (verb === undefined) {
    return;
  }
  const wanted = await app.dialogs.one<Protection>({
    title,
    placeHolder:
      verb === gitFolderSetting
        ? vscode.l10n.t(
            'What should happen when an agent would remove the .git folder, with every checkpoint in it?',
          )
        : vscode.l10n.t('What should happen when an agent runs a git {0} that could drop work?', verb),
    lines: (['cover', 'ask', 'refuse'] as const).map((value) => ({
      label: protectionWord(verb, value),
      detail: protectionDetail(verb, value),
      value,
    })),
  });
  if (wanted === undefined) {
    return;
  }
  await setProtection(worktree, verb, wanted);
  app.log.info(`belay.protect.${verb}: ${wanted} in ${model.root}`);
  void app.dialogs.tell(
    verb === gitFolderSetting
      ? vscode.l10n.t("An agent's removal of the .git folder: {0}.", protectionWord(verb, wanted))
      : vscode.l10n.t("An agent's git {0} that could drop work: {1}.", verb, protectionWord(verb, wanted)),
  );
}

function protectionWord(verb: string, protection: Protection): string {
  return {
    cover: verb === gitFolderSetting ? vscode.l10n.t('allowed') : vscode.l10n.t('saved and allowed'),
    ask: vscode.l10n.t('asks you'),
    refuse: vscode.l10n.t('refused'),
  }[protection];
}

function protectionDetail(verb: string, protection: Protection): string {
  return {
    cover:
      verb === gitFolderSetting
        ? vscode.l10n.t('Every commit and checkpoint goes with it, and nothing can bring them back.')
        : vscode.l10n.t('A checkpoint and backups are taken first, and the agent continues.'),
    ask: vscode.l10n.t('The agent asks you first; one that cannot ask is refused.'),
    refuse: vscode.l10n.t('The agent is told to do it differently.'),
  }[protection];
}
