import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { errors, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { screenshotFile, theBrowser } from './browser';
import { type EditorServer } from './editorServer';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Reads what the editor has stored about each workspace in the browser. */
const storedStates = `(async () => {
  const ended = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    if (name.startsWith('vscode-web-state-db-')) {
      const database = await ended(indexedDB.open(name));
      for (const table of database.objectStoreNames) {
        const values = await ended(database.transaction(table).objectStore(table).getAll());
        found.push(...values.filter((value) => typeof value === 'string'));
      }
      database.close();
    }
  }
  return found.join(' ');
})()`;

/** How long it is waited until something counts as failed, in milliseconds: where all is well, nobody waits for it. */
const patience = 120_000;

/** The same for a window to open, in milliseconds. */
const opening = 180_000;

/** Until a click that may have been swallowed is made once more, in milliseconds; one that was not would be made twice. */
export const answering = 20_000;

/** A line of a quick pick. */
export interface QuickPickLine {
  label: string;
  description: string;
  detail: string;
  /** The heading that stands beside its first line. */
  group: string;
  ticked: boolean;
  /** What a screen reader says. */
  spoken: string;
}

/** The editor in a browser. Every method waits for what it needs, and says with a screenshot what it did not find. */
export class EditorPage {
  private constructor(
    readonly server: EditorServer,
    readonly page: Page,
  ) {}

  static async open(
    server: EditorServer,
    folder: string,
    size = { width: 1280, height: 800 },
  ): Promise<EditorPage> {
    const browser = await theBrowser();
    // Without what another window has stored: that of extensions and of views lies in the browser.
    const page = await browser.newPage({ viewport: size, locale: 'en-US', reducedMotion: 'reduce' });
    page.setDefaultTimeout(patience);
    const editor = new EditorPage(server, page);
    try {
      await page.goto(server.address(folder), { timeout: opening });
      await editor.visible(page.locator('.monaco-workbench .part.statusbar'), 'the workbench', opening);
      return editor;
    } catch (error) {
      await editor.close();
      throw error;
    }
  }

  /** Leaves the window, upon which its extensions end, and closes it. */
  async close(): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.context().close();
  }

  // Commands, pickers, dialogs

  /** Runs a command, once, by the title that the command palette shows, such as `Belay: Show Log`, or a part of it. */
  async palette(command: string): Promise<void> {
    const { keyboard } = this.page;
    const input = this.page.locator('.quick-input-widget:visible input.input');
    const typed = `>${command}`;
    const isTyped = async (): Promise<boolean> =>
      (await input.isVisible()) && (await input.inputValue({ timeout: 5_000 })) === typed;
    await this.waitFor(`the command "${command}" in the palette`, async () => {
      // Until the extension host is up the palette does not have our commands: so it is opened anew for each look.
      await keyboard.press('Escape');
      await keyboard.press('F1');
      await input.fill(typed, { timeout: 5_000 });
      const rows = this.quickPickRows(command);
      await rows.first().waitFor({ timeout: 3_000 });
      const exact = this.quickPickRows(exactly(command));
      const row = ((await exact.count()) > 0 ? exact : rows).first();
      for (let moves = 0; moves < 20; moves += 1) {
        if (/\bfocused\b/.test((await row.getAttribute('class', { timeout: 2_000 })) ?? '')) {
          return true;
        }
        await keyboard.press('ArrowDown');
      }
      return undefined;
    });
    // By the keyboard: a click on a row that is drawn anew meanwhile is swallowed, and one whose answer is late runs it twice.
    await keyboard.press('Enter');
    await this.waitFor(`the palette to take "${command}"`, async () => !(await isTyped()));
  }

  /** Focuses a view, opening the container that holds it. */
  async focusView(title: string): Promise<void> {
    await this.palette(`Focus on ${title} View`);
  }

  /** Picks an entry of an open quick pick by its label or a part of it. */
  async quickPick(text: string): Promise<void> {
    const row = this.quickPickRows(text).first();
    await this.visible(row, `"${text}" in the quick pick`);
    await row.click();
  }

  /** The labels of an open quick pick. */
  async quickPickTexts(): Promise<string[]> {
    const rows = this.page.locator('.quick-input-widget:visible .monaco-list-row');
    await this.visible(rows.first(), 'a quick pick');
    return await texts(rows);
  }

  /** The lines of an open quick pick with boxes to tick, or without. A long list has only its visible part. */
  async quickPickLines(): Promise<QuickPickLine[]> {
    const rows = this.page.locator('.quick-input-widget:visible .monaco-list-row');
    await this.visible(rows.first(), 'a quick pick with lines');
    const lines = (await rows.all()).map(async (row) => ({
      label: (await texts(row.locator('.quick-input-list-row').first().locator('.label-name'))).join(' '),
      description: (
        await texts(row.locator('.quick-input-list-row').first().locator('.label-description'))
      ).join(' '),
      detail: (await texts(row.locator('.quick-input-list-label-meta'))).join(' '),
      group: (await texts(row.locator('.quick-input-list-separator'))).join(' '),
      ticked: (await row.getAttribute('aria-checked')) === 'true',
      spoken: (await row.getAttribute('aria-label')) ?? '',
    }));
    return await Promise.all(lines);
  }

  /** Waits for a quick pick that says this where one types: its placeholder. */
  async quickPickSays(expected: RegExp): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible input.input');
    await this.waitFor(`a quick pick that says ${String(expected)}`, async () =>
      expected.test((await input.getAttribute('placeholder', { timeout: 1_000 })) ?? ''),
    );
  }

  /** Waits for a quick pick or input box whose title begins like that, and gives all of the title. */
  async quickInputTitled(begin: string): Promise<string> {
    const title = this.page.locator('.quick-input-widget:visible .quick-input-title');
    return await this.waitFor(`a quick pick or input box titled "${begin}"`, async () => {
      const text = clean(await title.innerText({ timeout: 1_000 }));
      return text.startsWith(begin) ? text : undefined;
    });
  }

  /** Waits until the line of an open quick pick that the keyboard is on has that text. */
  async focusedLine(text: string): Promise<void> {
    const line = this.page.locator('.quick-input-widget:visible .monaco-list-row.focused');
    await this.visible(line.filter({ hasText: text }).first(), `the keyboard on "${text}" in the quick pick`);
  }

  /** Goes down an open quick pick with the arrow key until the keyboard is on the line with that text. */
  async moveTo(text: string): Promise<void> {
    const line = this.page.locator('.quick-input-widget:visible .monaco-list-row.focused');
    const seen: string[] = [];
    while (!seen.at(-1)?.includes(text)) {
      if (seen.length > 30) {
        throw new Error(`The arrow keys did not reach "${text}", but: ${seen.join(' | ')}`);
      }
      await this.page.keyboard.press('ArrowDown');
      seen.push(clean((await line.allInnerTexts()).join(' ')));
    }
  }

  /** Waits until no quick pick or input box is open. */
  async quickPickGone(): Promise<void> {
    const open = this.page.locator('.quick-input-widget:visible');
    await this.waitFor('the quick pick to close', async () => (await open.count()) === 0);
  }

  /** Types into an open input box and accepts it. */
  async inputBox(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible input.input');
    await this.visible(input, 'an input box');
    await input.fill(text);
    await input.press('Enter');
  }

  /** The text of the open modal dialog, message and detail. */
  async modalText(): Promise<string> {
    const dialog = this.page.locator('.monaco-dialog-box .dialog-message-container');
    await this.visible(dialog, 'a modal dialog');
    return clean(await dialog.innerText());
  }

  /** The labels of the buttons of the open modal dialog. */
  async modalButtons(): Promise<string[]> {
    const buttons = this.page.locator('.monaco-dialog-box .dialog-buttons .monaco-button');
    await this.visible(buttons.first(), 'a modal dialog with buttons');
    return await texts(buttons);
  }

  async modalButton(label: string): Promise<void> {
    const dialog = this.page.locator('.monaco-dialog-box');
    const button = dialog.locator('.dialog-buttons .monaco-button').filter({ hasText: exactly(label) });
    await this.visible(button, `the button "${label}" in a modal dialog`);
    await button.click();
    await this.waitFor('the modal dialog to close', async () => (await dialog.count()) === 0);
  }

  // Notifications and status bar

  /** A notification that contains that text. Only with an `installed` extension: smoke-test mode shows none. */
  async notification(text: string): Promise<Locator> {
    const item = this.page.locator('.notification-list-item').filter({ hasText: text }).first();
    const list = this.page.locator('.notifications-center.visible');
    const bell = this.page.locator('.statusbar-item .codicon-bell-dot');
    await this.waitFor(`a notification with "${text}"`, async () => {
      // It shows by itself for some seconds only, and then in the list that the bell opens.
      if (!(await item.isVisible()) && !(await list.isVisible()) && (await bell.isVisible())) {
        await bell.click({ timeout: 5_000 });
      }
      return item.isVisible();
    });
    return item;
  }

  async notificationTexts(): Promise<string[]> {
    return await texts(this.page.locator('.notification-list-item .notification-list-item-message'));
  }

  async notificationButton(text: string, label: string): Promise<void> {
    const item = await this.notification(text);
    await item.hover();
    const button = item.locator('.notification-list-item-buttons-container .monaco-button');
    await button.filter({ hasText: exactly(label) }).click();
  }

  /** Takes all notifications away. */
  async clearNotifications(): Promise<void> {
    await this.palette('Notifications: Clear All Notifications');
    const items = this.page.locator('.notification-list-item');
    await this.waitFor('the notifications to go', async () => (await items.count()) === 0);
  }

  /** A status bar item that shows that text, or has it in its accessible label. */
  async statusBarItem(text: string): Promise<Locator> {
    const items = this.page.locator('.statusbar-item');
    const item = items.filter({ hasText: text }).or(items.filter({ has: this.page.locator(labelled(text)) }));
    await this.visible(item.first(), `the status bar item "${text}"`);
    return item.first();
  }

  // Views

  /** A view's pane by its title, opened if it is folded. */
  async view(title: string): Promise<Locator> {
    const header = this.page.locator('.pane-header').filter({
      has: this.page.locator('.title').filter({ hasText: exactly(title) }),
    });
    const pane = this.page.locator('.pane').filter({ has: header });
    await this.visible(pane, `the view "${title}"`);
    if ((await header.getAttribute('aria-expanded')) === 'false') {
      await header.click();
    }
    return pane;
  }

  /** The rows that a tree view shows (a long list has only its visible part), each as `label description`. */
  async treeRows(viewTitle: string): Promise<string[]> {
    const pane = await this.view(viewTitle);
    const rows = await partsOf(pane.locator('.monaco-list-row'), '.label-name, .label-description');
    return rows.map((labels) => labels.join(' ').trim());
  }

  /** Waits for a row that contains that text. */
  async treeRow(viewTitle: string, text: string): Promise<Locator> {
    const pane = await this.view(viewTitle);
    const row = pane.locator('.monaco-list-row').filter({ hasText: text }).first();
    await this.visible(row, `the row "${text}" in "${viewTitle}"`);
    return row;
  }

  /** What a screen reader says of each row of a view. */
  async spokenRows(viewTitle: string): Promise<string[]> {
    const rows = (await this.view(viewTitle)).locator('.monaco-list-row');
    return await rows.evaluateAll((all: readonly Drawn[]) =>
      all.map((row) => row.getAttribute('aria-label') ?? ''),
    );
  }

  /**
   * Opens rows that have others below them, an outer one before what is in it. A view that is read anew while the rows below are
   * fetched folds them again; then it begins with the first one.
   */
  async expand(viewTitle: string, ...rows: readonly string[]): Promise<void> {
    await this.waitFor(`the rows "${rows.join('", "')}" in "${viewTitle}" to be open`, async () => {
      const pane = await this.view(viewTitle);
      for (const text of rows) {
        const row = pane.locator('.monaco-list-row').filter({ hasText: text }).first();
        await row.waitFor({ timeout: answering });
        if ((await row.getAttribute('aria-expanded')) !== 'true') {
          await row.locator('.monaco-tl-twistie').click({ timeout: answering });
          // A second click, made because this takes long, would fold it again.
          await row.and(this.page.locator('[aria-expanded="true"]')).waitFor({ timeout: answering });
          await sleep(300);
        }
        if ((await row.getAttribute('aria-expanded')) !== 'true') {
          return undefined;
        }
      }
      return true;
    });
  }

  /** The letter that stands at the end of a row, such as A for an added file. The style brings it, not the text. */
  async rowLetter(viewTitle: string, text: string): Promise<string> {
    return await this.waitFor(`a letter at the row "${text}"`, async () => {
      const id = (await (await this.treeRow(viewTitle, text)).getAttribute('id')) ?? '';
      const label = `document.querySelector(${JSON.stringify(`#${id} .monaco-icon-label`)})`;
      const drawn = await this.page.evaluate<unknown>(`getComputedStyle(${label}, '::after').content`);
      return /[A-Z]/.exec(String(drawn))?.[0];
    });
  }

  /** What stands at the end of a file's row in the explorer, such as `M` or `Cx, M`; empty where nothing does. */
  async explorerBadge(file: string): Promise<string> {
    const row = this.page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ hasText: file })
      .first();
    await this.visible(row, `${file} in the explorer`);
    const id = (await row.getAttribute('id')) ?? '';
    const label = `document.querySelector(${JSON.stringify(`#${id} .monaco-icon-label`)})`;
    const drawn = String(await this.page.evaluate<unknown>(`getComputedStyle(${label}, '::after').content`));
    return drawn === 'none' || drawn === 'normal' ? '' : drawn.replace(/^"|"$/g, '');
  }

  /** The row that the keyboard is on, as a screen reader says it; empty where no list has the keyboard. */
  async focusedRow(): Promise<string> {
    const list = this.page.locator('.monaco-list:focus');
    const row = list.locator('.monaco-list-row.focused');
    return (await row.count()) === 0 ? '' : ((await row.first().getAttribute('aria-label')) ?? '');
  }

  /** The text that hovering shows. */
  async hover(over: Locator): Promise<string> {
    const hover = this.page.locator('.monaco-hover:visible');
    return await this.waitFor('the hover', async () => {
      await this.page.mouse.move(0, 0);
      await over.hover({ timeout: 2_000 });
      await hover.first().waitFor({ timeout: 3_000 });
      // It is filled a moment after it has appeared.
      await sleep(300);
      const text = clean((await hover.allInnerTexts()).join(' '));
      return text === '' || text === 'Loading...' ? undefined : text;
    });
  }

  /** The text of a view that has no rows. */
  async welcomeText(viewTitle: string): Promise<string> {
    const welcome = (await this.view(viewTitle)).locator('.welcome-view-content');
    return await this.waitFor(`the welcome text of "${viewTitle}"`, async () => {
      const text = clean(await welcome.innerText({ timeout: 1_000 }));
      return text === '' ? undefined : text;
    });
  }

  /** Clicks an inline action of a row, by the label that it shows as a tooltip. */
  async rowAction(viewTitle: string, rowText: string, action: string): Promise<void> {
    const row = await this.treeRow(viewTitle, rowText);
    const button = row
      .locator('.action-label')
      .and(row.locator(labelled(action)))
      .first();
    // A row that is drawn anew meanwhile is not the one that the pointer is on, as far as the editor knows.
    await this.waitFor(`the action "${action}" of the row "${rowText}"`, async () => {
      await this.page.mouse.move(0, 0);
      await row.hover({ timeout: 2_000 });
      await button.waitFor({ timeout: 2_000 });
      await button.click({ timeout: answering });
      return true;
    });
  }

  /**
   * Clicks an inline action of a row until what it opens is there (a CSS selector): a row that is drawn anew between pressing
   * and letting go of the button, as it is when the repository changes, swallows a click.
   */
  async rowActionOpens(viewTitle: string, rowText: string, action: string, what: string): Promise<void> {
    const opened = this.page.locator(what).first();
    await this.waitFor(`what "${action}" of the row "${rowText}" opens`, async () => {
      await this.rowAction(viewTitle, rowText, action);
      await opened.waitFor({ timeout: answering });
      return true;
    });
  }

  /**
   * Clicks at a row until what opens has a title that begins like that. The editor gives a command no row where the row is just
   * being drawn anew; the command then asks which one is meant, as it does from the palette. That question is left.
   */
  async clickOpensTitled(begin: string, click: () => Promise<void>): Promise<void> {
    const opened = this.page.locator('.quick-input-widget:visible');
    await this.waitFor(`a click to open "${begin}"`, async () => {
      await click();
      await opened.waitFor({ timeout: answering });
      const titles = await opened.locator('.quick-input-title').allInnerTexts();
      const isRight = titles.some((title) => clean(title).startsWith(begin));
      if (!isRight) {
        await this.page.keyboard.press('Escape');
        await opened.waitFor({ state: 'hidden', timeout: answering });
      }
      return isRight;
    });
  }

  /** Clicks an inline action of a row until it asks what it is to ask, with a title that begins like that. */
  async rowActionAsks(viewTitle: string, rowText: string, action: string, title: string): Promise<void> {
    await this.clickOpensTitled(title, () => this.rowAction(viewTitle, rowText, action));
  }

  /** Opens the context menu of a row and picks an entry. */
  async rowMenu(viewTitle: string, rowText: string, entry: string): Promise<void> {
    const row = await this.treeRow(viewTitle, rowText);
    const items = this.page.locator('.context-view .action-menu-item');
    const item = items.filter({ hasText: entry }).first();
    // Rows that move meanwhile leave another one under the pointer, with another menu.
    await this.waitFor(`"${entry}" in the menu of the row "${rowText}"`, async () => {
      if (!(await items.first().isVisible())) {
        await row.click({ button: 'right', timeout: answering });
        await items.first().waitFor({ timeout: answering });
      }
      const shown = await item.isVisible();
      if (!shown) {
        await this.page.keyboard.press('Escape');
        await items.first().waitFor({ state: 'hidden', timeout: answering });
      }
      return shown;
    });
    // A menu that has just opened takes no click, lest the one that opened it also picks.
    await this.waitFor(`the menu to take a click on "${entry}"`, async () => {
      await item.click({ delay: 150, timeout: 2_000 }).catch(outOfTime);
      return !(await item.isVisible());
    });
  }

  /** Clicks an action in the title of a view. */
  async viewAction(viewTitle: string, action: string): Promise<void> {
    const pane = await this.view(viewTitle);
    await pane.locator('.pane-header').hover();
    const button = pane.locator('.pane-header .action-label').and(pane.locator(labelled(action)));
    await this.visible(button.first(), `the action "${action}" of the view "${viewTitle}"`);
    await button.first().click();
  }

  // Editors

  /** Opens a file by its full path. */
  async openFile(file: string): Promise<void> {
    await this.palette('File: Open File...');
    const input = this.page.locator('.quick-input-widget:visible input.input');
    await this.visible(input, 'an input box');
    const opened = async () => (await this.tabs()).includes(path.basename(file));
    await this.waitFor(`a tab for ${file}`, async () => {
      // The dialog fills in a folder of its own once it has read one, also over what was typed by then. It may close
      // between any two of these steps: then they must not wait for it.
      const soon = { timeout: 1_000 };
      if ((await input.isVisible()) && (await input.inputValue(soon)) !== file) {
        await input.fill(file, soon);
      } else if (await input.isVisible()) {
        await input.press('Enter', soon);
        // A second one would go into the file.
        for (let looks = 0; looks < 20 && !(await opened()); looks += 1) {
          await sleep(100);
        }
      }
      return await opened();
    });
  }

  async closeEditors(): Promise<void> {
    // Again where one was opening meanwhile.
    await this.waitFor('the editors to close', async () => {
      await this.palette('View: Close All Editors');
      return (await this.tabs()).length === 0;
    });
  }

  /** The headers of the files in the active multi-file diff, and what is visible of their text. */
  async multiDiff(): Promise<{ files: string[]; text: string }> {
    const editor = this.page.locator('.editor-group-container.active .multiDiffEditor').first();
    await this.visible(editor, 'a multi-file diff');
    const names = editor.locator('.multiDiffEntry:visible .file-path .title.modified .label-name');
    return {
      files: (await texts(names)).filter((name) => name !== ''),
      text: (await editor.locator('.view-line').allInnerTexts()).join('\n').replaceAll('\u00a0', ' '),
    };
  }

  /** The titles of the open editor tabs. */
  async tabs(): Promise<string[]> {
    // Newer versions show the name and its suffix apart.
    const tabs = await partsOf(this.page.locator('.tabs-container .tab'), '.label-name, .label-suffix');
    return tabs.map((labels) => labels.join(''));
  }

  /** The visible text of the active editor. */
  async editorText(): Promise<string> {
    const active = this.page.locator('.editor-group-container.active .editor-instance .view-lines').last();
    await this.visible(active, 'a text editor');
    return await this.viewLines(active);
  }

  /** The visible text of both sides of the active diff. */
  async diffText(): Promise<{ original: string; modified: string }> {
    const diff = this.page.locator('.editor-group-container.active .monaco-diff-editor');
    await this.visible(diff.first(), 'a diff editor');
    const side = (name: string) => diff.first().locator(`.editor.${name} .view-lines`);
    return {
      original: await this.viewLines(side('original')),
      modified: await this.viewLines(side('modified')),
    };
  }

  /** The visible text of the open panel (output, terminal, problems), such as a log. */
  async outputText(): Promise<string> {
    const lines = this.page.locator('.part.panel .view-lines').last();
    await this.visible(lines, 'the output panel');
    return await this.viewLines(lines);
  }

  /** The document inside the visible webview. */
  webview(): FrameLocator {
    const outer = this.page.locator('iframe.webview.ready').last().contentFrame();
    return outer.locator('iframe#active-frame').contentFrame();
  }

  // Waiting

  /** Polls until `look` gives something else than undefined or false; a look that throws counts as "not yet". */
  async waitFor<T>(what: string, look: () => Promise<T | undefined>, timeout = patience): Promise<T> {
    const end = Date.now() + timeout;
    let cause: unknown;
    do {
      try {
        const found = await look();
        if (found !== undefined && found !== false) {
          return found;
        }
        cause = undefined;
      } catch (error) {
        cause = error;
      }
      await sleep(100);
    } while (Date.now() < end);
    const picture = await this.screenshot(`failure-${what}`);
    throw new Error(`Waited ${timeout / 1000} s in vain for ${what}. See ${picture}.`, { cause });
  }

  async visible(locator: Locator, what: string, timeout = patience): Promise<void> {
    await this.waitFor(what, () => locator.isVisible(), timeout);
  }

  /**
   * Loads the window anew. Waits before that until the editor has stored which documents are open, where one of them must
   * come back: a browser tab that goes away at once may take along what was not yet written.
   */
  async reload(kept?: string): Promise<void> {
    if (kept !== undefined) {
      await this.waitFor(
        `the editor to store that ${kept} is open`,
        async () => {
          // It writes when its window is left, and else once a minute.
          await this.page.evaluate('window.dispatchEvent(new Event("blur"))');
          return (await this.page.evaluate<string>(storedStates)).includes(kept);
        },
        90_000,
      );
    }
    await this.page.reload({ timeout: opening });
    await this.visible(this.page.locator('.monaco-workbench .part.statusbar'), 'the workbench', opening);
  }

  /** Writes artifacts/screenshots/<name>-<which VS Code>.png and returns its path. */
  async screenshot(name: string): Promise<string> {
    const file = screenshotFile(`${name}-${this.server.which}`);
    await this.page.screenshot({ path: file });
    return path.relative(repository, file);
  }

  private quickPickRows(text: string | RegExp): Locator {
    return this.page
      .locator('.quick-input-widget:visible .monaco-list-row')
      .filter({ has: this.page.locator('.label-name, .monaco-highlighted-label').filter({ hasText: text }) });
  }

  /** Lines are placed by their style; their order in the document says nothing. */
  private async viewLines(container: Locator): Promise<string> {
    return await this.waitFor('the text of an editor', async () => {
      const drawn = await container
        .locator('.view-line')
        .evaluateAll((all: readonly Drawn[]) =>
          all.map((line) => ({ style: line.getAttribute('style') ?? '', text: line.innerText })),
        );
      const lines = drawn.map(({ style, text }) => ({
        top: Number(/top:\s*([\d.]+)px/.exec(style)?.[1]),
        text: text.replaceAll('\u00a0', ' '),
      }));
      lines.sort((a, b) => a.top - b.top);
      return lines.length > 0 ? lines.map(({ text }) => text).join('\n') : undefined;
    });
  }
}

/** What these tests use of an element, inside of the page. */
interface Drawn {
  readonly innerText: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Drawn>;
}

/** Of each element, the texts of its parts with that selector: all read at the same moment, in one go. */
async function partsOf(elements: Locator, selector: string): Promise<string[][]> {
  const parts = await elements.evaluateAll(
    (all: readonly Drawn[], wanted) =>
      all.map((element) => Array.from(element.querySelectorAll(wanted), ({ innerText }) => innerText)),
    selector,
  );
  return parts.map((each) => each.map(clean));
}

async function texts(locator: Locator): Promise<string[]> {
  return (await locator.allInnerTexts()).map(clean);
}

function clean(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}

/** An action's label is its aria-label in newer versions, in older ones sometimes its title. */
function labelled(text: string): string {
  const quoted = JSON.stringify(text);
  return `[aria-label*=${quoted}], [title*=${quoted}]`;
}

/** What did not show in time is not there yet. */
function outOfTime(error: unknown): false {
  if (error instanceof errors.TimeoutError) {
    return false;
  }
  throw error;
}
