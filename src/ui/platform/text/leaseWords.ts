import * as vscode from 'vscode';
import type { StaleReason } from '../../../checkpoint/checkpoint';
import type { Lease } from '../../../leases/lease';
import type { Liveness, LivenessState } from '../../../sessions/session';
import { inertLine } from './inert';
import { clockTime, exactTime, relativeTime } from './time';

/** How many characters of an owner's name a row or message shows. */
const nameLength = 40;

export function stateWord(state: LivenessState): string {
  return {
    alive: vscode.l10n.t('alive'),
    silent: vscode.l10n.t('silent'),
    lost: vscode.l10n.t('lost'),
    ended: vscode.l10n.t('ended'),
  }[state];
}

/** Why a session or owner is said to be alive, silent, lost or ended. */
export function reasonWords({ reason, since }: Liveness): string {
  const last = since === undefined ? undefined : vscode.l10n.t('last heartbeat {0}', relativeTime(since));
  return {
    process_runs: vscode.l10n.t('its process is running'),
    sign_of_life: last ?? vscode.l10n.t('it sent a heartbeat'),
    no_sign_of_life: last ?? vscode.l10n.t('no heartbeat was ever received'),
    process_ended: vscode.l10n.t('its process exited without ending the session'),
    taken_over: vscode.l10n.t('a person took it over'),
    released: vscode.l10n.t('its write lock was released'),
    ended: vscode.l10n.t('it was ended'),
  }[reason];
}

/** "silent: its last sign of life was 20 min ago". */
export function vitalWords(vital: Liveness): string {
  return vscode.l10n.t('{0}: {1}', stateWord(vital.state), reasonWords(vital));
}

/** Who holds a lease, for a person: themself, or the owner's name, inert. */
export function ownerName(lease: Lease, mine: boolean): string {
  return mine ? vscode.l10n.t('you') : inertLine(lease.owner, nameLength);
}

/** "held by night-shift since 14:02", for a row. */
export function heldWords(lease: Lease, mine: boolean): string {
  return vscode.l10n.t('held by {0} since {1}', ownerName(lease, mine), clockTime(lease.acquired));
}

/** What became of a lease, with exact times: who has it now, or who gave it up or ended it. */
export function leaseNowWords(lease: Lease | undefined, mine = false): string {
  if (lease === undefined) {
    return vscode.l10n.t('Nobody holds its write lock any more.');
  }
  const owner = inertLine(lease.owner, nameLength);
  const by = inertLine(lease.endedBy ?? lease.owner, nameLength);
  const loser = lease.takenFrom === undefined ? undefined : inertLine(lease.takenFrom, nameLength);
  const [acquired, changed] = [exactTime(lease.acquired), exactTime(lease.changed)];
  return {
    held: mine
      ? vscode.l10n.t('You have held its write lock since {0}.', acquired)
      : loser === undefined
        ? vscode.l10n.t('{0} has held its write lock since {1}.', owner, acquired)
        : vscode.l10n.t('{0} took over its write lock from {1}, {2}.', owner, loser, acquired),
    released: vscode.l10n.t('{0} released its write lock, {1}.', by, changed),
    ended: vscode.l10n.t('{0} ended it, {1}.', by, changed),
  }[lease.status];
}

/** Why a writer was fenced off, in few words. */
export function fencedWord(reason: StaleReason): string {
  return {
    lease_lost: vscode.l10n.t('its write lock was no longer valid'),
    lease_required: vscode.l10n.t('it had no valid write lock'),
    lease_unreadable: vscode.l10n.t('the write lock could not be read'),
  }[reason];
}
