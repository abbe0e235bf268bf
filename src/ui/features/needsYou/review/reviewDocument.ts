import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Decision } from '../../../../decisions/decision';
import { reviewContent } from './reviewContent';
import type { ReviewFacts } from './reviewFacts';
import { html, type Html } from './html';

/** The page as a whole document: nothing in it may load or run but the one style and the one script of Belay's own. */
export function reviewDocument(webview: vscode.Webview, media: vscode.Uri, facts: ReviewFacts): string {
  return frame(webview, media, reviewContent(facts), facts.decision);
}

/** The page of a decision that is not there, or cannot be read. */
export function emptyDocument(webview: vscode.Webview, media: vscode.Uri, words: string): string {
  const title = vscode.l10n.t('Nothing to review');
  const content = html`<header>
    <h1 id="title" tabindex="-1">${title}</h1>
    <p class="lead">${words}</p>
  </header>`;
  return frame(webview, media, content, undefined);
}

function frame(
  webview: vscode.Webview,
  media: vscode.Uri,
  content: Html,
  decision: Decision | undefined,
): string {
  // For the script alone, new with each load; answers have a nonce of their own, which is never written down.
  const load = randomBytes(16).toString('hex');
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(media, name)).toString();
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${load}'`;
  const { text } = html`<html lang="${vscode.env.language}">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content="${policy}" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${vscode.l10n.t('Review')}</title>
      <link rel="stylesheet" href="${file('review.css')}" />
    </head>
    <body
      data-worktree="${decision?.worktree ?? ''}"
      data-decision="${decision?.id ?? ''}"
      data-version="${decision?.version ?? ''}"
    >
      <main aria-labelledby="title">
        <p id="status" role="status" aria-live="polite"></p>
        <p id="alert" role="alert"></p>
        ${content}
      </main>
      <script nonce="${load}" src="${file('review.js')}"></script>
    </body>
  </html>`;
  return `<!DOCTYPE html>\n${text}`;
}
