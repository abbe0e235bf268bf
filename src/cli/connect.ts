import { homedir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import type { PersonalPlaces } from '../agents/installation';
import { knownAgentNames } from '../agents/registry';
import { applyChanges } from '../connect/connectApply';
import { unifiedDiff } from '../connect/unifiedDiff';
import type { HookTarget } from '../connect/hookLauncher';
import type { AgentNote, ConnectionPlan, FileChange, Level, Obstacle } from '../connect/connectionModel';
import { planConnect, planDisconnect } from '../connect/connectPlan';
import { noteWords } from '../connect/connectionWords';
import { BelayError } from '../errors';
import type { Worktree } from '../git/worktree';
import { inert } from '../inert';
import { reasons } from '../reasons';
import { answer, type Context } from './context';
import type { Define } from './define';
import { lines } from './text';
import type { Shape } from './shapes';

interface ConnectOptions {
  readonly user?: boolean;
  readonly project?: boolean;
  readonly dryRun?: boolean;
}

/** `belay connect` and `belay disconnect`. */
export function defineConnectCommands(belay: Command, define: Define): void {
  const unwritten = 'show what would be written, and write nothing';
  const known = `any of ${knownAgentNames()}`;
  define(
    belay
      .command('connect')
      .argument('[agents...]', known)
      .description(
        "write agents' own hook configuration, so that they tell Belay what they do; none named: those that are installed or used here",
      )
      .option('--user', 'in your home, for all repositories, instead of in all worktrees of this one')
      .option('--dry-run', unwritten),
    (context, invoked) => connectCommand(context, invoked.args, invoked.opts<ConnectOptions>()),
  );
  define(
    belay
      .command('disconnect')
      .argument('[agents...]', known)
      .description('take out exactly what connect has written; none named: all agents')
      .option('--user', 'only in your home')
      .option('--project', 'only in the worktrees of this repository')
      .option('--dry-run', unwritten),
    (context, invoked) => disconnectCommand(context, invoked.args, invoked.opts<ConnectOptions>()),
  );
}

/** The person who runs the command. */
export function personalPlaces(): PersonalPlaces {
  return { home: homedir(), environment: process.env };
}

/** What hooks run: the Node that runs this, and the bundle beside it. */
export function hookTarget(): HookTarget {
  return { executable: process.execPath, script: path.join(__dirname, 'hook.js') };
}

async function connectCommand(
  context: Context,
  agents: readonly string[],
  options: ConnectOptions,
): Promise<void> {
  const level = options.user === true ? 'user' : 'project';
  const worktree = await worktreeFor(context, level);
  const personal = personalPlaces();
  const plan = await planConnect(worktree, { agents, level, personal, target: hookTarget() });
  await carryOut(context, worktree, plan, options.dryRun === true, () => []);
}

async function disconnectCommand(
  context: Context,
  agents: readonly string[],
  options: ConnectOptions,
): Promise<void> {
  if (options.user === true && options.project === true) {
    throw new BelayError('usage', 'Give --user or --project, or neither for both.');
  }
  const level = options.user === true ? 'user' : options.project === true ? 'project' : undefined;
  const worktree = await worktreeFor(context, level);
  const plan = await planDisconnect(worktree, { agents, level, personal: personalPlaces() });
  await carryOut(context, worktree, plan, options.dryRun === true, loudly);
}

/** The user's level is a matter of no repository. */
async function worktreeFor(context: Context, level: Level | undefined): Promise<Worktree | undefined> {
  try {
    return (await context.anyWorktree()).worktree;
  } catch (thrown) {
    if (level === 'user' && thrown instanceof BelayError) {
      return undefined;
    }
    throw thrown;
  }
}

/** That the person's other repositories are concerned as well. */
function loudly({ changes }: ConnectionPlan): string[] {
  const agents = [...new Set(changes.filter(({ level }) => level === 'user').map(({ agent }) => agent))];
  return agents.length === 0
    ? []
    : [
        `NOTE: ${agents.join(', ')} ${agents.length === 1 ? 'was' : 'were'} connected in your home, for ALL of your repositories; this disconnects them in all of them. To keep that: belay disconnect --project`,
      ];
}

async function carryOut(
  context: Context,
  worktree: Worktree | undefined,
  plan: ConnectionPlan,
  dryRun: boolean,
  warnings: (plan: ConnectionPlan) => readonly string[],
): Promise<void> {
  const { program } = plan;
  const files: ChangedFile[] = program === undefined ? [] : [{ ...program, executable: true }];
  const shown = await Promise.all(
    [...files, ...plan.changes].map(async (change) => ({
      change,
      diff: await unifiedDiff(context.git, { ...change, file: change.real ?? change.file }),
    })),
  );
  if (!dryRun) {
    await applyChanges(worktree, plan, personalPlaces());
  }
  answer(context, planShape(plan, dryRun, shown), () => planText(plan, dryRun, shown, warnings(plan)));
  if (plan.obstacles.length > 0) {
    context.exit(1);
  }
}

type ChangedFile = Pick<FileChange, 'file' | 'before' | 'after' | 'executable'> &
  Partial<Pick<FileChange, 'agent' | 'level' | 'worktree' | 'real'>>;

interface Shown {
  readonly change: ChangedFile;
  readonly diff: string;
}

function planShape(plan: ConnectionPlan, dryRun: boolean, shown: readonly Shown[]): Shape {
  return {
    level: plan.level,
    agents: plan.agents,
    dryRun,
    changes: shown.map(({ change, diff }) => ({
      agent: change.agent,
      level: change.level,
      worktree: change.worktree,
      file: change.file,
      leadsTo: change.real,
      change: kindOf(change),
      executable: change.executable,
      diff,
    })),
    obstacles: plan.obstacles.map(obstacleShape),
    notes: plan.notes.map(noteShape),
  };
}

function obstacleShape({ agent, file, reason, detail }: Obstacle): Shape {
  return { agent, file, reason, detail, next: reasons[reason].next };
}

/** The JSON of a note. */
export function noteShape(note: AgentNote): Shape {
  const { agent, kind, about } = note;
  const { what, next } = noteWords(note);
  return { agent, kind, about, what, next: next === '' ? undefined : next };
}

/** A note for a person, with what to do below it. */
export function noteLines(note: AgentNote): string[] {
  const { what, next } = noteWords(note);
  return [inert(`  ${what}`), ...(next === '' ? [] : [inert(`      ${next}`)])];
}

function planText(
  plan: ConnectionPlan,
  dryRun: boolean,
  shown: readonly Shown[],
  warnings: readonly string[],
): string {
  const parts: string[] = [];
  if (shown.length === 0) {
    parts.push(plan.obstacles.length === 0 ? 'Nothing to change.' : 'Nothing else to change.');
  } else {
    parts.push(dryRun ? 'Would write:' : 'Written:');
    parts.push(
      ...shown.map(({ change }) => inert(`  ${kindOf(change)}  ${fileText(change)}${owner(change)}`)),
    );
    parts.push('', ...shown.map(({ diff }) => inert(diff.replaceAll('\r\n', '\n')).replace(/\n$/, '')));
    if (dryRun) {
      parts.push('', 'This was a dry run: nothing was written.');
    }
  }
  if (plan.obstacles.length > 0) {
    parts.push('', 'Left alone:');
    for (const { agent, file, reason, detail } of plan.obstacles) {
      parts.push(inert(`  ${file}  (${agent}): ${detail}`), `      ${reasons[reason].next}`);
    }
  }
  if (plan.notes.length > 0) {
    parts.push('', 'Before they run the hooks:', ...plan.notes.flatMap(noteLines));
  }
  return lines(...parts, ...warnings.flatMap((warning) => ['', warning]));
}

function fileText({ file, real }: ChangedFile): string {
  return real === undefined ? file : `${file}, a link to ${real}`;
}

function owner({ agent, worktree }: ChangedFile): string {
  const where = worktree === undefined ? '' : `, worktree ${worktree}`;
  return agent === undefined ? '  (what the hooks of all agents call)' : `  (${agent}${where})`;
}

function kindOf({ before, after }: Pick<FileChange, 'before' | 'after'>): 'created' | 'changed' | 'removed' {
  return before === undefined ? 'created' : after === undefined ? 'removed' : 'changed';
}
