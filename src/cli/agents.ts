import type { Command } from 'commander';
import { slowState, slowWords, type SlowState } from '../agents/slowState';
import type { AgentStatus, Connection } from '../connect/connectionModel';
import { agentStatuses } from '../connect/statuses';
import { whenRefusedByBelay } from '../errors';
import { pathText } from '../git/path';
import { inert } from '../inert';
import { noteLines, noteShape, personalPlaces } from './connect';
import { answer, type Context } from './context';
import type { Define } from './define';
import { lines, timeText, isoTime } from './text';
import type { Shape } from './shapes';

/** `belay agents`. */
export function defineAgentsCommand(belay: Command, define: Define): void {
  define(
    belay
      .command('agents')
      .description('list the agents: where they are connected, when they were last heard'),
    (context) => agentsCommand(context),
  );
}

async function agentsCommand(context: Context): Promise<void> {
  // Outside of any repository there is still what is connected in the person's home.
  const found = await context.anyWorktree().catch(whenRefusedByBelay(undefined, 'not_a_repository'));
  const statuses = await agentStatuses(found?.worktree, personalPlaces());
  // Looks are slow in one worktree, not in its repository.
  const slow =
    found === undefined || found.elsewhere !== undefined ? undefined : await slowState(found.worktree);
  const shape = slowShape(slow);
  answer(
    context,
    statuses.map((status) => ({ ...statusShape(status), slow: shape })),
    () => listing(statuses, slow),
  );
}

function statusShape(status: AgentStatus): Shape {
  return {
    agent: status.agent,
    verified: status.verified,
    program: status.program,
    used: status.used,
    connections: status.connections.map(({ level, worktree, file, state }) => ({
      level,
      worktree,
      file,
      state,
    })),
    heardAt: isoTime(status.heardAt),
    notes: status.notes.map(noteShape),
  };
}

/** That hooks go without a look at everything here; null where looks fit. It is the same for every agent of the worktree. */
function slowShape(slow: SlowState | undefined): Shape | null {
  return slow === undefined
    ? null
    : {
        what: slow.what,
        paths: slow.paths.map(pathText),
        setting: 'belay.scanBudget',
        seconds: slow.budgetMs / 1_000,
        since: isoTime(slow.since),
        until: isoTime(slow.until),
        not_covered: slow.waits,
        running: slow.running,
      };
}

function listing(statuses: readonly AgentStatus[], slow: SlowState | undefined): string {
  const rows = statuses.map((status) => [
    status.agent,
    status.program === undefined ? '-' : 'installed',
    connectedWhere(status.connections),
    status.heardAt === undefined ? '-' : timeText(status.heardAt),
  ]);
  const table = [['AGENT', 'PROGRAM', 'CONNECTED', 'LAST HEARD'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const printed = table.map((row) =>
    inert(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).trimEnd(),
  );
  const notes = statuses.flatMap(({ notes: own }) => own.flatMap(noteLines));
  const slowly = slow === undefined ? [] : ['', inert(slowWords(slow))];
  return lines(...printed, ...(notes.length === 0 ? [] : ['', ...notes]), ...slowly);
}

function connectedWhere(connections: readonly Connection[]): string {
  const of = ({ state }: Connection): string => (state === 'connected' ? '' : ` (${state})`);
  const parts = connections.map((one) =>
    one.level === 'user' ? `home${of(one)}` : `${one.worktree ?? ''}${of(one)}`,
  );
  return parts.length === 0 ? '-' : parts.join(', ');
}
