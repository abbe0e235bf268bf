import path from 'node:path';
import { homeFolder } from '../installation';
import { firstWhere, foldersAround, settingAt, type Trust } from '../trust';

export const geminiHome = homeFolder('.gemini');

export const geminiTrust: Trust = {
  switchedOffIn: (question) => {
    const { personal, root } = question;
    const own = root === undefined ? [] : [path.join(root, '.gemini', 'settings.json')];
    const files = [...own, path.join(geminiHome(personal), 'settings.json')];
    return firstWhere(question, files, (settings) => settingAt(settings, 'hooksConfig', 'enabled') === false);
  },
  folder: {
    trusts: async ({ personal, json }, root) => {
      const home = geminiHome(personal);
      const settings = await json(path.join(home, 'settings.json'));
      if (settingAt(settings, 'security', 'folderTrust', 'enabled') === false) {
        return true;
      }
      const given = personal.environment['GEMINI_CLI_TRUSTED_FOLDERS_PATH'] ?? '';
      const trusted = await json(given === '' ? path.join(home, 'trustedFolders.json') : given);
      if (trusted[root] === 'DO_NOT_TRUST') {
        return false;
      }
      const around = foldersAround(root);
      return (
        personal.environment['GEMINI_CLI_TRUST_WORKSPACE'] === 'true' ||
        around.some((folder) => trusted[folder] === 'TRUST_FOLDER') ||
        // Said in a folder, it is meant of the one above it.
        Object.entries(trusted).some(
          ([folder, level]) => level === 'TRUST_PARENT' && around.includes(path.dirname(folder)),
        )
      );
    },
    next: 'Start gemini there and trust the folder, or set GEMINI_CLI_TRUST_WORKSPACE=true for it.',
  },
  approval: undefined,
};
