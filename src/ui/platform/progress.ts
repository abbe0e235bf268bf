import * as vscode from 'vscode';
import { shown } from './shown';

/** Work that is done sooner shows nothing: a notification that flashes by only startles. */
const progressDelayMs = 500;

/** Says how far the work is, in few words. */
export type Say = (words: string) => void;

/**
 * Runs work that can be cancelled. If it takes longer than a moment, a notification with a Cancel button appears, and shows
 * what the work says; cancelling aborts the signal.
 */
export function withCancel<T>(
  title: string,
  work: (signal: AbortSignal, say: Say) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const words = new Words();
  const running = work(controller.signal, (line) => {
    words.say(line);
  });
  showWhenSlow(title, running, words, () => {
    controller.abort();
  });
  return running;
}

/** Runs work that must not be stopped half-way; if it takes longer than a moment, a notification says so. */
export function withPatience<T>(title: string, work: () => Promise<T>): Promise<T> {
  const running = work();
  showWhenSlow(title, running, new Words(), undefined);
  return running;
}

/** What was said last, for a notification that may come later. */
class Words {
  private last = '';
  private show: Say | undefined;

  say(line: string): void {
    this.last = line;
    this.show?.(line);
  }

  showIn(show: Say): void {
    this.show = show;
    show(this.last);
  }
}

function showWhenSlow(
  title: string,
  running: Promise<unknown>,
  words: Words,
  cancel: (() => void) | undefined,
): void {
  const ended = running.then(
    () => undefined,
    // The caller that awaits the work reports its failure; here only its end counts.
    () => undefined,
  );
  const timer = setTimeout(() => {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: shown(title),
      cancellable: cancel !== undefined,
    };
    void vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => cancel?.());
      words.showIn((message) => {
        progress.report({ message: shown(message) });
      });
      return ended;
    });
  }, progressDelayMs);
  void ended.then(() => {
    clearTimeout(timer);
  });
}
