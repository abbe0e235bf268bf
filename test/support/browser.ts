import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwright, type Browser } from 'playwright-core';
import { chromium, chromiumArgs } from '../../scripts/browser.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export async function launchBrowser(): Promise<Browser> {
  return await playwright.launch({ executablePath: await chromium(), args: chromiumArgs, env: marked() });
}

const shared = new Map<'browser', Promise<Browser>>();

/** The one browser of this process, for windows that each have a context of their own. It ends with the process. */
export function theBrowser(): Promise<Browser> {
  const running = shared.get('browser') ?? launchBrowser();
  shared.set('browser', running);
  return running;
}

/** Ends it, when nobody needs it any more. */
export async function closeBrowser(): Promise<void> {
  const running = shared.get('browser');
  shared.delete('browser');
  await (await running)?.close();
}

export function screenshotFile(name: string): string {
  const folder = path.join(repository, 'artifacts', 'screenshots');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${name.replace(/[^\w.-]+/g, '-').slice(0, 100)}.png`);
}

/** The environment that lets scripts/leftovers.mjs find what a run left behind. */
export function marked(): NodeJS.ProcessEnv {
  return { ...process.env, BELAY_TEST_OF: process.env['BELAY_TEST_RUN'] ?? '' };
}
