import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { applyChanges } from '../../src/connect/connectApply';
import type { HookTarget } from '../../src/connect/hookLauncher';
import type { PersonalPlaces } from '../../src/agents/installation';
import type { ConnectionPlan, Level } from '../../src/connect/connectionModel';
import { planConnect, planDisconnect } from '../../src/connect/connectPlan';
import { knownAgents } from '../../src/agents/registry';
import type { TestRepo } from '../support/repo';

export const allAgents: readonly string[] = knownAgents.map(({ name }) => name);

/** What the hook program runs in these tests. */
export const target: HookTarget = { executable: process.execPath, script: path.resolve('dist/hook.js') };

/** A home folder of this test's own, beside its repository. */
export function personOf(
  repo: Pick<TestRepo, 'base'>,
  environment: Readonly<Record<string, string | undefined>> = {},
  name = 'home',
): PersonalPlaces {
  const home = path.join(repo.base, name);
  fs.mkdirSync(home, { recursive: true });
  return { home, environment };
}

export async function connect(
  repo: TestRepo,
  personal: PersonalPlaces,
  agents: readonly string[] = allAgents,
  level: Level = 'project',
): Promise<ConnectionPlan> {
  const worktree = await repo.worktree();
  const plan = await planConnect(worktree, { agents, level, personal, target });
  await applyChanges(worktree, plan, personal);
  return plan;
}

export async function disconnect(
  repo: TestRepo,
  personal: PersonalPlaces,
  agents?: readonly string[],
  level?: Level,
): Promise<ConnectionPlan> {
  const worktree = await repo.worktree();
  const plan = await planDisconnect(worktree, { agents, level, personal });
  await applyChanges(worktree, plan, personal);
  return plan;
}

/** Every file, link and folder below a folder, with mode and content; not git's own, nor those left out. */
export function listing(folder: string, except: readonly string[] = []): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== '.git' && !except.includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      const mode = fs.lstatSync(file).mode.toString(8);
      if (entry.isDirectory()) {
        return [`${file}/ ${mode}`, ...listing(file, except)];
      }
      const content = entry.isSymbolicLink() ? fs.readlinkSync(file) : fs.readFileSync(file, 'latin1');
      return [`${file} ${mode} ${JSON.stringify(content)}`];
    });
}

/** Runs a command as an agent does: by a shell, in another folder, with a payload on standard input. */
export function asAgent(
  shell: readonly string[],
  command: string,
  options: { readonly home: string; readonly input: string; readonly cwd?: string; readonly path?: string },
): { readonly code: number | null; readonly out: string; readonly err: string } {
  const [program = '/bin/sh', ...args] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...args, '-c', command], {
    cwd: options.cwd ?? path.parse(process.cwd()).root,
    env: {
      ...process.env,
      NODE_V8_COVERAGE: undefined,
      HOME: options.home,
      PATH: options.path ?? process.env['PATH'],
    },
    input: options.input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

/** The reason of the error that this ends in. */
export async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => assert.fail('it went well'),
    (thrown: unknown) => (thrown instanceof Error && 'reason' in thrown ? thrown.reason : thrown),
  );
}
