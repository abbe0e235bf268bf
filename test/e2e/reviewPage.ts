import type { Frame, Locator } from 'playwright-core';
import type { EditorPage } from '../support/vscode';

/** The review page as a person has it before them. */
export class ReviewPage {
  constructor(private readonly editor: EditorPage) {}

  get root(): Locator {
    return this.editor.webview().locator('main');
  }

  async title(): Promise<string> {
    const title = this.editor.webview().locator('h1');
    await this.editor.visible(title, 'the review page');
    return await title.innerText();
  }

  async text(): Promise<string> {
    await this.title();
    return (await this.root.innerText()).replace(/\s+/g, ' ');
  }

  /** The answers in their order. */
  async answers(): Promise<string[]> {
    await this.title();
    return (await this.editor.webview().locator('button[data-answer]').allInnerTexts()).map((text) =>
      text.trim(),
    );
  }

  /** Waits until the page may answer. */
  async answerable(label: string): Promise<Locator> {
    const button = this.editor
      .webview()
      .locator('button[data-answer][aria-disabled="false"]', { hasText: label });
    await this.editor.visible(button, `the answer "${label}"`);
    return button;
  }

  async answer(label: string): Promise<void> {
    await (await this.answerable(label)).click();
  }

  /** Waits for what the page says of an answer. */
  async says(place: 'status' | 'alert', expected: RegExp): Promise<string> {
    const line = this.editor.webview().locator(`#${place}`);
    return await this.editor.waitFor(`the page to say ${String(expected)}`, async () => {
      const text = (await line.innerText({ timeout: 1_000 })).trim();
      return expected.test(text) ? text : undefined;
    });
  }

  /** What has the keyboard in the page. */
  async focused(): Promise<string> {
    return await this.editor
      .webview()
      .locator(':focus')
      .first()
      .innerText({ timeout: 2_000 })
      .then((text) => text.trim());
  }

  /** The frame of the page itself, to run in it what should not run there. */
  frame(): Frame {
    const frames = this.editor.page.frames().filter((frame) => frame.name() === 'active-frame');
    const [last] = frames.slice(-1);
    if (last === undefined) {
      throw new Error('No webview is open.');
    }
    return last;
  }
}
