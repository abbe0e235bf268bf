import type { Localizer } from './localizer';

/** What is counted, as one and as many. */
const counted = {
  backup: (l10n, count) => [l10n.t('1 backup'), l10n.t('{0} backups', count)],
  checkpoint: (l10n, count) => [l10n.t('1 checkpoint'), l10n.t('{0} checkpoints', count)],
  commit: (l10n, count) => [l10n.t('1 commit'), l10n.t('{0} commits', count)],
  decision: (l10n, count) => [l10n.t('1 decision needs you'), l10n.t('{0} decisions need you', count)],
  elsewhere: (l10n, count) => [
    l10n.t('1 answer from elsewhere'),
    l10n.t('{0} answers from elsewhere', count),
  ],
  file: (l10n, count) => [l10n.t('1 file'), l10n.t('{0} files', count)],
  notice: (l10n, count) => [l10n.t('1 notice'), l10n.t('{0} notices', count)],
  rejected: (l10n, count) => [l10n.t('1 rejected write'), l10n.t('{0} rejected writes', count)],
  session: (l10n, count) => [l10n.t('1 session'), l10n.t('{0} sessions', count)],
  uncovered: (l10n, count) => [l10n.t('1 path not saved'), l10n.t('{0} paths not saved', count)],
  waiting: (l10n, count) => [l10n.t('1 session waits'), l10n.t('{0} sessions wait', count)],
} as const satisfies Record<string, (l10n: Localizer, count: number) => readonly [string, string]>;

/** "1 file", "3 files". */
export function counting(l10n: Localizer, count: number, what: keyof typeof counted): string {
  const [one, many] = counted[what](l10n, count);
  return count === 1 ? one : many;
}
