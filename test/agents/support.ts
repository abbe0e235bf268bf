import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import type { AgentEvent } from '../../src/agents/event';
import { expectAgent } from '../../src/agents/registry';
import { listCheckpoints } from '../../src/checkpoint/history';
import type { Checkpoint } from '../../src/checkpoint/checkpoint';
import type { Ended } from '../support/cli';
import type { TestRepo } from '../support/repo';

/** What agents' hooks run. */
export const hookProgram = path.resolve('dist/hook.js');

const recordedFile = v.object({
  agent: v.string(),
  family: v.picklist(['default', 'gpt']),
  version: v.string(),
  examples: v.array(
    v.object({ event: v.string(), tool: v.string(), scenario: v.string(), payload: v.unknown() }),
  ),
});

/** One payload that a real agent sent. */
export interface Recorded {
  readonly agent: string;
  readonly family: 'default' | 'gpt';
  readonly event: string;
  readonly tool: string;
  readonly payload: unknown;
}

/** All recorded payloads of every agent and model family. */
export function recorded(): Recorded[] {
  const folder = path.resolve('test/agents/payloads');
  return fs.readdirSync(folder).flatMap((file) => {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    const { agent, family, examples } = v.parse(recordedFile, JSON.parse(text));
    return examples.map(({ event, tool, payload }) => ({ agent, family, event, tool, payload }));
  });
}

/** The payload as if it had been sent from that folder, for that session. */
export function placed(payload: unknown, folder: string, session: { from: string; to: string }): unknown {
  const text = JSON.stringify(payload)
    .replaceAll('/repo', JSON.stringify(folder).slice(1, -1))
    .replaceAll(session.from, session.to);
  return JSON.parse(text);
}

export function eventOf(one: Recorded, payload = one.payload): AgentEvent | undefined {
  return expectAgent(one.agent).adapter.read(payload, { event: one.event, environment: {} });
}

/** Runs a hook as a program of its own. */
export function hook(
  agent: string,
  payload: unknown,
  options: {
    readonly event?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly limit?: number;
  } = {},
): Ended {
  const args = [hookProgram, agent, ...(options.event === undefined ? [] : [options.event])];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: options.cwd ?? path.parse(process.cwd()).root,
    // Hundreds of them write down nothing about coverage that the first has not.
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...options.env },
    input: typeof payload === 'string' ? payload : JSON.stringify(payload),
    encoding: 'utf8',
    timeout: options.limit ?? 60_000,
    // By anything else it would end as if it had come to its end.
    killSignal: 'SIGKILL',
  });
  return { code: status, out: stdout, err: stderr };
}

/** Fails unless the hook did what a hook does: nothing that its agent could notice. */
export function silent(ended: Ended): void {
  assert.deepEqual(ended, { code: 0, out: '', err: '' });
}

/** A hook that goes on by itself. */
export interface RunningHook {
  readonly child: ChildProcessWithoutNullStreams;
  readonly over: Promise<Ended & { readonly killedBy: NodeJS.Signals | null }>;
}

/** Starts a hook of claude's, and does not wait for it. Without a payload its input stays open. */
export function startHook(
  payload: object | string | undefined,
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly agent?: string;
    readonly event?: string;
    /** Another command than the hook's program itself. */
    readonly command?: readonly string[];
    readonly uid?: number;
  } = {},
): RunningHook {
  const more = options.event === undefined ? [] : [options.event];
  const [file = '', ...args] = options.command ?? [
    process.execPath,
    hookProgram,
    options.agent ?? 'claude-code',
    ...more,
  ];
  const child = spawn(file, args, {
    stdio: 'pipe',
    cwd: path.parse(process.cwd()).root,
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.on('error', () => undefined);
  if (payload !== undefined) {
    child.stdin.end(typeof payload === 'string' ? payload : JSON.stringify(payload));
  }
  const over = new Promise<Ended & { readonly killedBy: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, killedBy) => {
      resolve({ code, out, err, killedBy });
    });
  });
  return { child, over };
}

/** The session of the calls below. */
export const id = 'a1b2';

/** A call of claude's, the shape that most agents share. */
export function claude(repo: Pick<TestRepo, 'folder'>, event: string, more: object = {}): object {
  return { session_id: id, cwd: repo.folder, hook_event_name: event, ...more };
}

export function write(
  repo: Pick<TestRepo, 'folder'>,
  event: string,
  file: string,
  more: object = {},
): object {
  const tool = { tool_name: 'Write', tool_input: { file_path: file }, tool_use_id: 't' };
  return claude(repo, event, { ...tool, ...more });
}

export function bash(
  repo: Pick<TestRepo, 'folder'>,
  event: string,
  command: string,
  more: object = {},
): object {
  return claude(repo, event, { tool_name: 'Bash', tool_input: { command }, tool_use_id: 't', ...more });
}

/** The checkpoints, newest first. */
export async function log(repo: TestRepo): Promise<Checkpoint[]> {
  const worktree = await repo.worktree();
  return listCheckpoints(worktree, { worktreeKey: worktree.key });
}

/** What a checkpoint holds of a file. */
export function held(repo: TestRepo, oid: string, name: string): string {
  return repo.tryGit('show', `${oid}:${name}`).output;
}

/** What a refusal says in an agent's own way; fails when the call was let through. */
export function refusal(one: Ended): string {
  assert.equal(one.code, 0, one.err);
  assert.equal(one.err, '');
  assert.notEqual(one.out, '', 'the call was let through');
  return one.out;
}

/** The marks of hooks that have not covered the files. */
export function gaps(repo: TestRepo): string[] {
  const folder = path.join(repo.commonDir, 'belay', 'agents', 'gaps', 'main');
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

const ended = v.object({ code: v.nullable(v.number()), out: v.string(), err: v.string() });

/** A process that runs hooks one after the other, as an agent of its own does. */
export class AgentProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    const source = `
      const { spawnSync } = require('node:child_process');
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { args, input } = JSON.parse(line);
        const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8' });
        console.log(JSON.stringify({ code: status, out: stdout, err: stderr }));
      });`;
    this.child = spawn(process.execPath, ['-e', source], { stdio: 'pipe' });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async hook(agent: string, payload: unknown): Promise<Ended> {
    const order = { args: [hookProgram, agent], input: JSON.stringify(payload) };
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value } = v.parse(v.object({ value: v.string() }), await this.lines.next());
    return v.parse(ended, JSON.parse(value));
  }

  async end(): Promise<void> {
    if (this.child.signalCode !== null) {
      return;
    }
    const over = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await over;
  }
}
