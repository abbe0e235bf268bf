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
  if (past >= 14 * day) {
    return new Date(time).toLocaleDateString(vscode.env.language);
  }
  const ago = new Intl.RelativeTimeFormat(vscode.env.language, { numeric: 'auto', style: 'narrow' });
  return past < hour
    ? ago.format(-Math.max(1, Math.round(past / minute)), 'minute')
    : past < day
      ? ago.format(-Math.round(past / hour), 'hour')
      : ago.format(-Math.round(past / day), 'day');
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

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A size in bytes that a person can compare: "12B", "1.5kB". */
export function sizeWords(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    unitDisplay: 'narrow',
    maximumSignificantDigits: 2,
  }).format(bytes / 1_000 ** power);
}
