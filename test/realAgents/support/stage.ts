import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TestRepo } from '../../support/repo';
import { promptOf } from '../model/script';
import { ScriptedModel } from '../model/server';
import type { AgentProgram, Surroundings } from '../programs/program';
import type { FileState, Scenario } from '../scenarios';
import { installed, type Installed } from './installed';
import { leftovers, mark, startAgent, type Ended, type RunningAgent } from './process';

export interface RunOptions {
  /** To go on with the latest session of that folder. */
  readonly goesOn?: boolean;
  /** The worktree it works in; else the stage's own. */
  readonly folder?: string;
  /** More for the environment, or instead of what is there. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is put before the program. */
  readonly within?: readonly string[];
  /** More for the prompt. */
  readonly says?: string;
}

/** An agent that was started; it has ended once all that it started has, too. */
export interface StartedAgent extends RunningAgent {
  /** Kept once its own process has ended. */
  readonly exited: Promise<Ended>;
}

/** A repository, a person's home and a model: where real agents play. */
export class Stage {
  private readonly prepared = new Map<string, Promise<void>>();
  private readonly running = new Set<string>();

  private constructor(
    readonly repo: TestRepo,
    readonly home: string,
    readonly model: ScriptedModel,
  ) {}

  static async create(): Promise<Stage> {
    const repo = TestRepo.create();
    // Some agents show their model the latest commits: the same for each stage.
    const date = '2026-01-01T00:00:00Z';
    const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    repo.gitBytes(['commit', '--quiet', '--amend', '--no-edit', `--date=${date}`], '', dates);
    const home = path.join(repo.base, 'home');
    fs.mkdirSync(path.join(home, 'tmp'), { recursive: true });
    return new Stage(repo, home, await ScriptedModel.start());
  }

  async dispose(): Promise<void> {
    for (const value of this.running) {
      await leftovers(value);
    }
    await this.model.close();
    this.repo.dispose();
  }

  /** Writes into the home what an agent needs there. */
  async prepare(program: AgentProgram): Promise<void> {
    const known = this.prepared.get(program.name);
    const preparing = known ?? program.prepare(this.surroundings(program, this.repo.folder));
    this.prepared.set(program.name, preparing);
    await preparing;
  }

  /** Starts an agent on a scenario, under a name that no other run of this stage has. */
  async begin(
    program: AgentProgram,
    name: string,
    scenario: Scenario,
    options: RunOptions = {},
  ): Promise<StartedAgent> {
    await this.prepare(program);
    const folder = options.folder ?? this.repo.folder;
    const { tools } = program;
    this.model.add({ name, tools, folder, steps: scenario.steps });
    const child = scenario.delegated;
    if (child !== undefined) {
      this.model.add({ name: child.script, tools, folder, steps: child.steps });
    }
    const surroundings = this.surroundings(program, folder);
    const text = `${promptOf(name)}${options.says ?? ''}`;
    const command = program.command(surroundings, { text, goesOn: options.goesOn ?? false });
    const value = randomUUID();
    this.running.add(value);
    const env = { ...this.environment(program, surroundings), ...options.env, [mark]: value };
    const agent = startAgent([...(options.within ?? []), ...command], folder, env);
    const ended = agent.ended.then(async (outcome) => {
      // What it left running belongs to the run.
      await leftovers(value);
      this.running.delete(value);
      return outcome;
    });
    return { ...agent, exited: agent.ended, ended };
  }

  /** Runs an agent on a scenario to the end, and of all that it started. */
  async perform(
    program: AgentProgram,
    name: string,
    scenario: Scenario,
    options: RunOptions = {},
  ): Promise<Ended> {
    return (await this.begin(program, name, scenario, options)).ended;
  }

  /** Waits, by looking again and again, until a file is in that state. */
  async appearing({ path: name, content }: FileState): Promise<void> {
    const end = performance.now() + 60_000;
    while (!fs.existsSync(this.repo.at(name)) || this.repo.read(name).toString() !== content) {
      assert.ok(performance.now() < end, `${name} did not appear`);
      await pause(2);
    }
  }

  private environment(program: AgentProgram, surroundings: Surroundings): Record<string, string> {
    const { node } = programOf(program);
    return {
      HOME: this.home,
      TMPDIR: path.join(this.home, 'tmp'),
      PATH: [...(node === undefined ? [] : [node]), process.env['PATH'] ?? ''].join(path.delimiter),
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      USER: 'person',
      SHELL: '/bin/bash',
      NO_COLOR: '1',
      NO_PROXY: '127.0.0.1,localhost',
      ...program.environment(surroundings),
    };
  }

  private surroundings(program: AgentProgram, folder: string): Surroundings {
    const { program: file, beside } = programOf(program);
    return { folder, home: this.home, url: this.model.url, program: file, beside };
  }
}

function programOf(program: AgentProgram): Installed {
  const found = installed(program);
  assert.ok(found.kind === 'installed', `${program.name} is not installed`);
  return found;
}

/** Waits for what an agent is to do or to say to its model. Fails when it ends before. */
export async function before<T>(agent: StartedAgent, happens: Promise<T>): Promise<T> {
  const early = agent.exited.then(({ code, signal, out, err }) => {
    throw new Error(`It ended before (${code ?? signal ?? '?'}).\n${out}\n${err}`);
  });
  return Promise.race([happens, early]);
}

/** Runs a test on a stage of its own. */
export async function onStage(work: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await Stage.create();
  try {
    await work(stage);
  } finally {
    await stage.dispose();
  }
}
