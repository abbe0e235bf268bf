import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { onPath, say, starts, systemPackages } from './vscode-server.mjs';

/** Headless and quiet: no sandbox (it cannot work for root in a container), no GPU, nothing that asks the network. */
export const chromiumArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Every headless page counts as visible, else timers of the workbench are slowed down.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** The first is Chromium without what shows windows to people, and opens VS Code with a fifth less of CPU time. */
const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];

const usualPlaces = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      path.join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]),
};

/** The path of a Chromium (or Chrome, or Edge) that starts; installs one where none is found and that is possible. */
export async function chromium() {
  const told = process.env.BELAY_CHROMIUM;
  if (told !== undefined && told !== '') {
    if (!existsSync(told)) {
      throw new Error(`BELAY_CHROMIUM names a file that does not exist: ${told}`);
    }
    return told;
  }
  const found = installed() ?? (await fromApt()) ?? fromPlaywright();
  if (found !== undefined) {
    return found;
  }
  throw new Error(
    [
      'No Chromium or Chrome found, and none could be installed.',
      'Do one of these, then run again:',
      '- Debian: apt-get install chromium',
      '- any system: npx playwright-core install chromium (needs a network that reaches its download host)',
      '- set BELAY_CHROMIUM to the executable of a Chromium, Chrome or Edge',
    ].join('\n'),
  );
}

function installed() {
  const candidates = [
    ...names.map(onPath),
    ...(usualPlaces[process.platform] ?? []),
    playwright.executablePath(),
  ];
  return candidates.find((file) => file !== undefined && existsSync(file) && usable(file));
}

function usable(file) {
  // On Windows `--version` opens a window instead of answering.
  return process.platform === 'win32' || starts(file);
}

async function fromApt() {
  if (process.platform !== 'linux') {
    return undefined;
  }
  const shell = 'chromium-headless-shell';
  return (await systemPackages({ [shell]: shell })) || (await systemPackages({ chromium: 'chromium' }))
    ? installed()
    : undefined;
}

function fromPlaywright() {
  say('Chromium: download by playwright');
  const manifest = createRequire(import.meta.url).resolve('playwright-core/package.json');
  const cli = path.join(path.dirname(manifest), 'cli.js');
  spawnSync(process.execPath, [cli, 'install', 'chromium'], { stdio: 'ignore', timeout: 600_000 });
  return installed();
}
