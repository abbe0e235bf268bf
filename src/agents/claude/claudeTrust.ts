import path from 'node:path';
import { homeFolder } from '../installation';
import { firstWhere, foldersAround, settingAt, type Trust } from '../trust';

export const claudeHome = homeFolder('.claude', 'CLAUDE_CONFIG_DIR');

export const claudeTrust: Trust = {
  switchedOffIn: (question) => {
    const { personal, root } = question;
    const folder = root === undefined ? [] : [path.join(root, '.claude')];
    const files = [
      ...folder.flatMap((own) => [path.join(own, 'settings.json'), path.join(own, 'settings.local.json')]),
      path.join(claudeHome(personal), 'settings.json'),
    ];
    return firstWhere(question, files, (settings) => settings['disableAllHooks'] === true);
  },
  folder: {
    trusts: async ({ personal: { home, environment }, json }, root) => {
      // It keeps what it was told about folders beside its own folder, or in the one that the environment names.
      const given = environment['CLAUDE_CONFIG_DIR'] ?? '';
      const settings = await json(path.join(given === '' ? home : given, '.claude.json'));
      return foldersAround(root).some(
        (folder) => settingAt(settings, 'projects', folder, 'hasTrustDialogAccepted') === true,
      );
    },
    next: 'Start claude there and accept the folder. Without a screen (claude -p) it asks nothing.',
  },
  approval: undefined,
};
