import * as vscode from 'vscode';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago a moment was, in a few words; the date where that says more. A clock that runs ahead counts as now. */
export function relativeTime(time: number, now = Date.now()): string {
  const past = now - time;
  if (past < 45_000) {
    return vscode.l10n.t('just now');
  }
  if (past < hour) {
    return vscode.l10n.t('{0} min ago', Math.max(1, Math.round(past / minute)));
  }
  if (past < day) {
    return vscode.l10n.t('{0} h ago', Math.round(past / hour));
  }
  if (past < 14 * day) {
    const days = Math.round(past / day);
    return days === 1 ? vscode.l10n.t('yesterday') : vscode.l10n.t('{0} days ago', days);
  }
  return new Date(time).toLocaleDateString(vscode.env.language);
}

/** The exact moment in the person's own language and zone. */
export function exactTime(time: number): string {
  return new Date(time).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** When something began, short enough for a row: the time of day, for another day than today its date. */
export function clockTime(time: number, now = Date.now()): string {
  const date = new Date(time);
  return date.toDateString() === new Date(now).toDateString()
    ? date.toLocaleTimeString(vscode.env.language, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(vscode.env.language);
}
