import type { Command } from 'commander';
import type { Decision } from '../decisions/decision';
import { listDecisions } from '../decisions/read';
import { BelayError } from '../errors';
import { inert } from '../inert';
import { answer, answerList, type Context } from './context';
import type { Define } from './define';
import { lines, isoTime } from './text';
import type { Shape } from './shapes';

/** `belay decisions [list|show]`. There is no way to answer one here, and asking for it says so. */
export function defineDecisionCommands(belay: Command, define: Define): void {
  const decisions = belay
    .command('decisions')
    .description('what waits for a person; answered in the editor only')
    .exitOverride();
  define(
    decisions.command('list', { isDefault: true }).description('list what waits and what was decided last'),
    (context) => decisionsCommand(context),
  );
  define(decisions.command('show <id>').description('show one decision'), (context, { args }) =>
    decisionCommand(context, args[0] ?? ''),
  );
  define(decisions.command('answer [id] [answer]', { hidden: true }), () => {
    throw new BelayError('answer_refused', 'Decisions are not answered on the command line.');
  });
}

async function decisionsCommand(context: Context): Promise<void> {
  const decisions = await listDecisions((await context.anyWorktree()).worktree);
  answerList(context, decisions, {
    none: 'Nothing waits for you.',
    shape: decisionShape,
    line: decisionLine,
  });
}

async function decisionCommand(context: Context, id: string): Promise<void> {
  const found = (await listDecisions((await context.anyWorktree()).worktree)).find(
    (decision) => decision.id === id,
  );
  if (found === undefined) {
    throw new BelayError('unknown_decision', `There is no decision ${JSON.stringify(id.slice(0, 80))}.`);
  }
  answer(context, decisionShape(found), () =>
    lines(
      decisionLine(found),
      `  why         ${inert(found.why)}`,
      `  branch      ${inert(found.branch ?? '(detached)')}`,
      `  from -> to  ${found.from} -> ${found.to ?? '(deleted)'}`,
      ...(found.pin === undefined ? [] : [`  pin         ${inert(found.pin)}`]),
      `  checkpoint  ${found.checkpoint ?? '(none)'}`,
      ...found.backups.map((ref) => `  backup      ${ref}`),
      ...found.dropped.map((oid) => `  dropped     ${oid}`),
      ...(found.droppedMore > 0 ? [`  and ${found.droppedMore} more`] : []),
      ...found.sessions.map((session) => `  held        ${inert(session)}`),
      `  answers     ${found.options.join(', ')} (in VS Code)`,
    ),
  );
}

function decisionShape(decision: Decision): Shape {
  return {
    id: decision.id,
    worktree: decision.worktree,
    branch: decision.branch,
    case: decision.case,
    status: decision.status,
    from: decision.from,
    to: decision.to,
    pin: decision.pin,
    backups: decision.backups,
    dropped: decision.dropped,
    droppedMore: decision.droppedMore,
    checkpoint: decision.checkpoint,
    sessions: decision.sessions,
    options: decision.options,
    created: isoTime(decision.created),
    answer: decision.answer,
    answeredBy: decision.answeredBy,
    answeredAt: isoTime(decision.answeredAt),
    answeredOn: decision.answeredOn,
    vanished: decision.vanished,
    why: decision.why,
  };
}

function decisionLine(decision: Decision): string {
  const state = {
    pending: decision.vanished === undefined ? 'WAITS   ' : 'VANISHED without an answer, WAITS',
    answered: `answered ${decision.answer ?? '?'}`,
    outlived: 'outlived',
  }[decision.status];
  return inert(`${state}  ${decision.id}  ${decision.worktree}  ${decision.case.replaceAll('_', ' ')}`);
}
