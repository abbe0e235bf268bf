import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import type { AgentEvent } from '../../src/agents/event';
import { adapterOf } from '../../src/agents/known';
import { program, type Ended } from '../support/cli';

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
  const adapter = adapterOf(one.agent);
  assert.ok(adapter, one.agent);
  return adapter.read(payload, { event: one.event, environment: {} });
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
  const args = [program, 'hook', agent, ...(options.event === undefined ? [] : [options.event])];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: options.cwd ?? path.parse(process.cwd()).root,
    // Hundreds of them write down nothing about coverage that the first has not.
    env: { ...process.env, NODE_V8_COVERAGE: undefined, ...options.env },
    input: typeof payload === 'string' ? payload : JSON.stringify(payload),
    encoding: 'utf8',
    timeout: options.limit ?? 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

/** Fails unless the hook did what a hook does: nothing that its agent could notice. */
export function silent(ended: Ended): void {
  assert.deepEqual(ended, { code: 0, out: '', err: '' });
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
    const order = { args: [program, 'hook', agent], input: JSON.stringify(payload) };
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
