import path from 'node:path';
import { firstWhere, settingAt, type Trust, type TrustQuestion } from '../trust';

/** Where VS Code keeps a person's settings, and a server's that it runs on another machine. */
function personalSettings({ personal: { home, environment } }: TrustQuestion): string[] {
  const config = environment['XDG_CONFIG_HOME'] ?? '';
  const folders: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
    darwin: path.join(home, 'Library', 'Application Support'),
    win32: environment['APPDATA'] ?? path.join(home, 'AppData', 'Roaming'),
  };
  const folder = folders[process.platform] ?? (config === '' ? path.join(home, '.config') : config);
  return [
    path.join(folder, 'Code', 'User', 'settings.json'),
    path.join(home, '.vscode-server', 'data', 'Machine', 'settings.json'),
  ];
}

/** Its settings by their defaults run hooks; `chat.useHooks`, or one folder in `chat.hookFilesLocations`, says otherwise (1.139). */
export const vscodeTrust: Trust = {
  switchedOffIn: (question) => {
    const { root, level } = question;
    const folder = level === 'project' ? '.github/hooks' : '~/.copilot/hooks';
    const own = root === undefined ? [] : [path.join(root, '.vscode', 'settings.json')];
    return firstWhere(
      question,
      [...own, ...personalSettings(question)],
      (settings) =>
        settings['chat.useHooks'] === false ||
        settingAt(settings, 'chat.hookFilesLocations', folder) === false,
    );
  },
  folder: undefined,
  approval: undefined,
};
