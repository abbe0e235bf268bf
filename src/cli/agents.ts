import type { Command } from 'commander';
import type { AgentStatus, Connection } from '../connect/model';
import { agentStatuses } from '../connect/statuses';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { noteLines, noteShape, personalPlaces } from './connect';
import { answer, type Context } from './context';
import type { Define } from './define';
import { inert, lines } from './text';

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
  const statuses = await agentStatuses(await worktreeIfAny(context), personalPlaces());
  answer(context, statuses.map(statusShape), () => listing(statuses));
}

/** Outside of any repository there is still what is connected in the person's home. */
async function worktreeIfAny(context: Context): Promise<Worktree | undefined> {
  try {
    return await context.worktree();
  } catch (thrown) {
    if (thrown instanceof BelayError && thrown.reason === 'not_a_repository') {
      return undefined;
    }
    throw thrown;
  }
}

function statusShape(status: AgentStatus): Record<string, unknown> {
  return {
    agent: status.agent,
    verified: status.verified,
    program: status.program ?? null,
    used: status.used,
    connections: status.connections.map(({ level, worktree, file, state }) => ({
      level,
      worktree: worktree ?? null,
      file,
      state,
    })),
    heardAt: status.heardAt === undefined ? null : new Date(status.heardAt).toISOString(),
    notes: status.notes.map(noteShape),
  };
}

function listing(statuses: readonly AgentStatus[]): string {
  const rows = statuses.map((status) => [
    status.agent,
    status.program === undefined ? '-' : 'installed',
    connectedWhere(status.connections),
    status.heardAt === undefined
      ? '-'
      : new Date(status.heardAt).toISOString().replace('T', ' ').slice(0, 19),
  ]);
  const table = [['AGENT', 'PROGRAM', 'CONNECTED', 'LAST HEARD'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const printed = table.map((row) =>
    inert(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).trimEnd(),
  );
  const notes = statuses.flatMap(({ notes: own }) => own.flatMap(noteLines));
  return lines(...printed, ...(notes.length === 0 ? [] : ['', ...notes]));
}

function connectedWhere(connections: readonly Connection[]): string {
  const of = ({ state }: Connection): string => (state === 'connected' ? '' : ` (${state})`);
  const parts = connections.map((one) =>
    one.level === 'user' ? `home${of(one)}` : `${one.worktree ?? ''}${of(one)}`,
  );
  return parts.length === 0 ? '-' : parts.join(', ');
}
