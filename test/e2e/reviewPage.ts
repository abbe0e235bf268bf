import type { Locator } from 'playwright-core';
import type { EditorPage } from '../support/editorPage';

/** The review page as a person has it before them. */
export class ReviewPage {
  constructor(private readonly editor: EditorPage) {}

  get root(): Locator {
    return this.editor.webview().locator('main');
  }

  /** Brings the page about what waits to the front, and opens it where it is not open. */
  async open(): Promise<void> {
    if (!(await this.root.isVisible())) {
      await this.editor.palette('Belay: Review Reset');
    }
    await this.title();
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

  button(label: string): Locator {
    return this.root.getByRole('button', { name: label });
  }

  /** The version of the decision that the page shows. */
  async version(): Promise<string> {
    return (await this.editor.webview().locator('body').getAttribute('data-version')) ?? '';
  }

  /**
   * From now on whatever loads as a webview can be listened to and spoken through from inside, as a script could that got
   * into it.
   */
  async wiretap(): Promise<void> {
    await this.editor.page.addInitScript({ content: wiretap });
  }

  /** Sends a message to the extension that the page's own script would not send. */
  async forge(message: unknown): Promise<void> {
    await this.run(`belayTap.api.postMessage(${JSON.stringify(message)})`);
  }

  nonce(): Promise<unknown> {
    return this.run('belayTap.nonce');
  }

  /** Takes away what the page said last. */
  async forget(): Promise<void> {
    await this.run(`document.getElementById('alert').textContent = ''`);
  }

  /** Lets the button of one answer ask for another. */
  async rename(answer: string, other: string): Promise<void> {
    await this.run(
      `document.querySelector('button[data-answer="${answer}"]').dataset.answer = ${JSON.stringify(other)}`,
    );
  }

  /** Runs a script in the page's own context. */
  async run(script: string): Promise<unknown> {
    await this.title();
    for (const frame of this.editor.page.frames().toReversed()) {
      const isPage = await frame.evaluate(`document.body?.dataset.decision !== undefined`).catch(() => false);
      if (isPage === true) {
        return await frame.evaluate<unknown>(script);
      }
    }
    throw new Error('No review page is open.');
  }
}

const wiretap = `
  const tapped = {};
  let acquire;
  Object.defineProperty(window, 'belayTap', { value: tapped, configurable: true });
  Object.defineProperty(window, 'acquireVsCodeApi', {
    configurable: true,
    get: () => acquire && (() => {
      tapped.api = acquire();
      window.addEventListener('message', ({ data }) => {
        if (data && data.type === 'state') {
          tapped.nonce = data.nonce;
        }
      });
      return tapped.api;
    }),
    set: (value) => {
      acquire = value;
    },
  });
`;
