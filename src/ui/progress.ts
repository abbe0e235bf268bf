import * as vscode from 'vscode';

/** Work that is done sooner shows nothing: a notification that flashes by only startles. */
const patience = 500;

/**
 * Runs work that can be cancelled. If it takes longer than a moment, a notification with a Cancel button appears;
 * cancelling aborts the signal.
 */
export function withCancel<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const running = work(controller.signal);
  showWhenSlow(title, running, () => {
    controller.abort();
  });
  return running;
}

/** Runs work that must not be stopped half-way; if it takes longer than a moment, a notification says so. */
export function withPatience<T>(title: string, work: () => Promise<T>): Promise<T> {
  const running = work();
  showWhenSlow(title, running, undefined);
  return running;
}

function showWhenSlow(title: string, running: Promise<unknown>, cancel: (() => void) | undefined): void {
  const ended = running.then(
    () => undefined,
    // Whoever awaits the work reports its failure; here only its end counts.
    () => undefined,
  );
  const timer = setTimeout(() => {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title,
      cancellable: cancel !== undefined,
    };
    void vscode.window.withProgress(options, (_, token) => {
      token.onCancellationRequested(() => cancel?.());
      return ended;
    });
  }, patience);
  void ended.then(() => {
    clearTimeout(timer);
  });
}
