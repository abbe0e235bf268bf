import * as vscode from 'vscode';
import type { FileChange } from '../../../../checkpoint/checkpoint';
import type { Decision, DecisionOption } from '../../../../decisions/decision';
import { pathText } from '../../../../git/path';
import { agentName } from '../../../platform/agentLook';
import {
  branchWords,
  caseSentence,
  caseTitle,
  droppedCount,
  goalFact,
  optionEffect,
  optionLabel,
  whyWords,
  worktreeName,
} from '../../../rows/decisionWords';
import { stateWord } from '../../../platform/text/leaseWords';
import { exactTime, relativeTime } from '../../../platform/text/time';
import { changeWord, sessionName, shortOid } from '../../../platform/text/words';
import type { DroppedCommit, Read, ReviewFacts } from './reviewFacts';
import { html, nothing, type Html } from './html';
import { plural } from '../../../platform/text/counts';

/** How many files of one commit are named. */
const shownFiles = 100;

/** What the page says, without its frame. */
export function reviewContent(facts: ReviewFacts): Html {
  const { decision, model } = facts;
  return html`<header>
      <p class="kicker">
        ${decision.status === 'pending' ? vscode.l10n.t('Belay needs you') : vscode.l10n.t('You have decided')}
      </p>
      <h1 id="title" tabindex="-1">${caseTitle(decision)}</h1>
      <p class="lead">${caseSentence(decision)}</p>
      ${decision.why === '' ? nothing : html`<p class="why">${whyWords(decision)}</p>`}
    </header>
    <dl class="facts">
      ${fact(vscode.l10n.t('Worktree'), html`<bdi>${worktreeName(decision, model)}</bdi>`)}
      ${fact(vscode.l10n.t('Branch'), html`<bdi>${branchWords(decision)}</bdi>`)}
      ${fact(fromWords(decision), endOf(facts, decision.from))}
      ${fact(
        toWords(decision),
        decision.to === undefined ? html`${vscode.l10n.t('deleted')}` : endOf(facts, decision.to),
      )}
      ${fact(vscode.l10n.t('Since'), html`${exactTime(decision.created)}`)}
    </dl>
    ${answers(facts)} ${droppedSection(facts)} ${savedSection(facts)} ${backupSection(facts)}
    ${heldSection(facts)}`;
}

function fact(name: string, value: Html): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function fromWords({ case: what }: Decision): string {
  return what === 'diverged_held' || what === 'reset_failed'
    ? vscode.l10n.t('Is at')
    : vscode.l10n.t('Was at');
}

function toWords(decision: Decision): string {
  return decision.case === 'diverged_held' || decision.case === 'reset_failed'
    ? goalFact(decision)
    : vscode.l10n.t('Is at now');
}

function endOf({ ends }: ReviewFacts, oid: string): Html {
  const commit = ends.get(oid);
  return html`<code title="${oid}">${shortOid(oid)}</code> ${
      commit === undefined
        ? nothing
        : html`<bdi>${commit.subject}</bdi> <span class="quiet">${commit.author}</span>`
    }`;
}

/** The safe choice first: whatever ends or drops something comes after it. */
const safety: readonly DecisionOption[] = [
  'continue',
  'keep_my_commits',
  'bring_my_commits_back',
  'reset_to_upstream',
  'abort',
];

export function safestFirst(options: readonly DecisionOption[]): readonly DecisionOption[] {
  return safety.filter((option) => options.includes(option));
}

function answers({ decision, held, model }: ReviewFacts): Html {
  if (decision.status === 'outlived') {
    return html`<section class="answers answered">
      <p>${vscode.l10n.t('The worktree was created again since. There is nothing left to answer.')}</p>
    </section>`;
  }
  if (decision.status === 'answered') {
    const answer = decision.answer === undefined ? '?' : optionLabel(decision.answer, decision);
    const { answeredBy = '?' } = decision;
    const by = model.own.isOwn(answeredBy) ? vscode.l10n.t('you') : answeredBy;
    const when = decision.answeredAt === undefined ? '' : exactTime(decision.answeredAt);
    return html`<section class="answers answered" aria-labelledby="answers">
      <h2 id="answers">${vscode.l10n.t('Answered')}</h2>
      <p>
        <strong>${answer}</strong>
        <span class="quiet">${vscode.l10n.t('by {0}, {1}', by, when)}</span>
      </p>
    </section>`;
  }
  const rows = safestFirst(decision.options).map(
    (option, index) =>
      html`<li>
        <button
          type="button"
          class="${index === 0 ? 'primary' : 'secondary'}"
          data-answer="${option}"
          aria-describedby="effect-${option}"
          aria-disabled="true"
        >
          ${optionLabel(option, decision)}
        </button>
        <p id="effect-${option}">${optionEffect(option, decision, held.length)}</p>
      </li>`,
  );
  return html`<section class="answers" aria-labelledby="answers">
    <h2 id="answers">${vscode.l10n.t('Your answer')}</h2>
    <ul>
      ${rows}
    </ul>
  </section>`;
}

function droppedSection({ decision, dropped }: ReviewFacts): Html {
  const shown = 'value' in dropped ? dropped.value.length : 0;
  const more = droppedCount(decision) - shown;
  return html`<section aria-labelledby="dropped">
    <h2 id="dropped">${droppedTitle(decision)} <span class="count">${droppedCount(decision)}</span></h2>
    ${listOr(
      dropped,
      (commits) =>
        html`<ul class="commits">
          ${commits.map(commitRow)}
        </ul>`,
    )}
    ${
      more > 0 && shown > 0
        ? html`<p class="quiet">
            ${vscode.l10n.t('{0} more are in the Backups view.', plural(more, 'commit'))}
          </p>`
        : nothing
    }
  </section>`;
}

function droppedTitle({ case: what }: Decision): string {
  return {
    diverged_recovered_by_reset: vscode.l10n.t('Dropped commits'),
    diverged_held: vscode.l10n.t('Commits that a reset would drop'),
    reset_failed: vscode.l10n.t('Commits of the branch alone'),
    external_reset: vscode.l10n.t('Lost commits'),
  }[what];
}

function commitRow({ oid, subject, author, time, files }: DroppedCommit): Html {
  return html`<li>
    <div class="row">
      <span class="grow">
        <strong><bdi>${subject}</bdi></strong>
        <span class="quiet"
          ><code title="${oid}">${shortOid(oid)}</code> · <bdi>${author}</bdi> ·
          <span title="${exactTime(time)}">${relativeTime(time)}</span></span
        >
      </span>
      <button
        type="button"
        class="link"
        data-commit="${oid}"
        aria-label="${vscode.l10n.t('Open Diff of {0}', shortOid(oid))}"
      >
        ${vscode.l10n.t('Open Diff')}
      </button>
    </div>
    ${files === undefined ? html`<p class="quiet">${vscode.l10n.t('Its files could not be read.')}</p>` : fileList(files)}
  </li>`;
}

/** Few files are shown at once, many when asked for. */
function fileList(files: readonly FileChange[]): Html {
  const shown = files.slice(0, shownFiles);
  const rest = files.length - shown.length;
  return html`<details ${files.length <= 5 ? html`open` : nothing}>
    <summary>${plural(files.length, 'file')}</summary>
    <ul class="files">
      ${shown.map(fileRow)}
      ${rest > 0 ? html`<li class="quiet">${vscode.l10n.t('and {0} more', rest)}</li>` : nothing}
    </ul>
  </details>`;
}

function fileRow({ path, kind }: FileChange): Html {
  return html`<li>
    <code><bdi>${pathText(path)}</bdi></code> <span class="quiet ${kind}">${changeWord(kind)}</span>
  </li>`;
}

function savedSection({ decision, uncommitted }: ReviewFacts): Html {
  const { checkpoint } = decision;
  if (checkpoint === undefined) {
    return html`<section aria-labelledby="saved">
      <h2 id="saved">${vscode.l10n.t('Uncommitted work')}</h2>
      <p>
        ${vscode.l10n.t('No checkpoint was taken before: what was not committed then is not saved by Belay.')}
      </p>
    </section>`;
  }
  const short = html`<code title="${checkpoint}">${shortOid(checkpoint)}</code>`;
  if ('value' in uncommitted && uncommitted.value.length === 0) {
    return html`<section aria-labelledby="saved">
      <h2 id="saved">${vscode.l10n.t('Uncommitted work')}</h2>
      <p>${vscode.l10n.t('Everything was committed. The checkpoint taken before:')} ${short}</p>
    </section>`;
  }
  return html`<section aria-labelledby="saved">
    <h2 id="saved">${vscode.l10n.t('Uncommitted work that was saved')}</h2>
    <div class="row">
      <p class="grow">${vscode.l10n.t('It is in the checkpoint')} ${short}</p>
      <button type="button" class="link" data-saved="true">${vscode.l10n.t('Open Diff')}</button>
    </div>
    ${listOr(uncommitted, fileList)}
  </section>`;
}

function backupSection({ backups }: ReviewFacts): Html {
  const rows = [...backups].map(
    ([ref, there], index) =>
      html`<li class="row">
        <span class="grow"
          ><code><bdi>${ref}</bdi></code></span
        >
        ${there ? backupButtons(index) : html`<span class="quiet">${vscode.l10n.t('not there any more')}</span>`}
      </li>`,
  );
  return html`<section aria-labelledby="backup">
    <h2 id="backup">${vscode.l10n.t('Backup')}</h2>
    <ul class="backups">
      ${rows}
    </ul>
  </section>`;
}

function backupButtons(index: number): Html {
  const button = (action: string, label: string): Html =>
    html`<button type="button" class="link" data-backup="${index}" data-action="${action}">${label}</button>`;
  return html`<span class="buttons"
    >${button('copy', vscode.l10n.t('Copy Ref'))} ${button('branch', vscode.l10n.t('Create Branch'))}
    ${button('diff', vscode.l10n.t('Open Diff'))}</span
  >`;
}

function heldSection({ held, decision }: ReviewFacts): Html {
  if (held.length === 0) {
    return nothing;
  }
  const title =
    decision.status === 'pending'
      ? vscode.l10n.t('Waiting sessions')
      : vscode.l10n.t('Sessions that were waiting');
  const rows = held.map(
    ({ id, session }) =>
      html`<li>
        <bdi title="${id}">${sessionName(id)}</bdi>
        ${
          session === undefined || decision.status !== 'pending'
            ? nothing
            : html`<span class="quiet"
                >${agentName(session.agent)} · ${stateWord(session.liveness.state)}</span
              >`
        }
      </li>`,
  );
  return html`<section aria-labelledby="held">
    <h2 id="held">${title} <span class="count">${held.length}</span></h2>
    <ul>
      ${rows}
    </ul>
  </section>`;
}

function listOr<T>(read: Read<T>, show: (value: T) => Html): Html {
  return 'value' in read
    ? show(read.value)
    : html`<p role="note">${vscode.l10n.t('This could not be read: {0}', read.failed)}</p>`;
}
