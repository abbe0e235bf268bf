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
export function reasonWords({ reason: because, since }: Liveness): string {
  switch (because) {
    case 'process_runs':
      return vscode.l10n.t('its process is running');
    case 'sign_of_life':
      return since === undefined
        ? vscode.l10n.t('it sent a heartbeat')
        : vscode.l10n.t('last heartbeat {0}', relativeTime(since));
    case 'no_sign_of_life':
      return since === undefined
        ? vscode.l10n.t('no heartbeat was ever received')
        : vscode.l10n.t('last heartbeat {0}', relativeTime(since));
    case 'process_ended':
      return vscode.l10n.t('its process exited without ending the session');
    case 'taken_over':
      return vscode.l10n.t('a person took it over');
    case 'released':
      return vscode.l10n.t('its write lock was released');
    case 'ended':
      return vscode.l10n.t('it was ended');
  }
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
  switch (lease.status) {
    case 'held':
      if (mine) {
        return vscode.l10n.t('You have held its write lock since {0}.', exactTime(lease.acquired));
      }
      return lease.takenFrom === undefined
        ? vscode.l10n.t('{0} has held its write lock since {1}.', owner, exactTime(lease.acquired))
        : vscode.l10n.t(
            '{0} took over its write lock from {1}, {2}.',
            owner,
            inertLine(lease.takenFrom, nameLength),
            exactTime(lease.acquired),
          );
    case 'released':
      return vscode.l10n.t('{0} released its write lock, {1}.', by, exactTime(lease.changed));
    case 'ended':
      return vscode.l10n.t('{0} ended it, {1}.', by, exactTime(lease.changed));
  }
}

/** Why a writer was fenced off, in few words. */
export function fencedWord(reason: StaleReason): string {
  return {
    lease_lost: vscode.l10n.t('its write lock was no longer valid'),
    lease_required: vscode.l10n.t('it had no valid write lock'),
    lease_unreadable: vscode.l10n.t('the write lock could not be read'),
  }[reason];
}
