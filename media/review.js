/* global acquireVsCodeApi, document, window */
// The review page. It holds no text and decides nothing: whatever it asks for, the extension looks at again.
(() => {
  'use strict';
  const host = acquireVsCodeApi();
  const { worktree, decision, version } = document.body.dataset;
  const answers = [...document.querySelectorAll('button[data-answer]')];
  let nonce;

  host.setState({ worktree, decision });

  function say(notice) {
    const place = document.getElementById(notice.kind === 'done' ? 'status' : 'alert');
    const other = document.getElementById(notice.kind === 'done' ? 'alert' : 'status');
    other.textContent = '';
    place.textContent = notice.text;
  }

  function open(isOpen) {
    for (const button of answers) {
      button.setAttribute('aria-disabled', String(!isOpen));
    }
  }

  window.addEventListener('message', ({ data }) => {
    if (data?.type === 'notice') {
      say(data);
      open(nonce !== undefined);
    }
    if (data?.type === 'state') {
      nonce = data.nonce;
      open(nonce !== undefined);
      if (data.notice) {
        say(data.notice);
      }
      if (data.focus) {
        (answers[0] ?? document.getElementById('title')).focus();
      }
    }
  });

  // A key that is held down answers nothing.
  document.addEventListener('keydown', (event) => {
    if (event.repeat && event.target instanceof window.HTMLButtonElement && /^(?:Enter| )$/.test(event.key)) {
      event.preventDefault();
    }
  });

  document.addEventListener('click', (event) => {
    const button = event.target instanceof window.Element ? event.target.closest('button') : null;
    if (button === null) {
      return;
    }
    const { answer, commit, saved, backup, action } = button.dataset;
    if (answer !== undefined) {
      if (button.getAttribute('aria-disabled') !== 'true') {
        // Until the extension has said what came of it.
        open(false);
        host.postMessage({ type: 'answer', option: answer, nonce, decision, seen: version });
      }
    } else if (commit !== undefined) {
      host.postMessage({ type: 'commit', commit });
    } else if (saved !== undefined) {
      host.postMessage({ type: 'saved' });
    } else if (backup !== undefined) {
      host.postMessage({ type: action, backup: Number(backup) });
    }
  });

  host.postMessage({ type: 'ready' });
})();
