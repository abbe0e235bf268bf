import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { Workspace } from '../support/workspace';

const Claimed = v.object({ token: v.string() });
const Outcomes = v.array(v.object({ case: v.string(), decision: v.nullable(v.string()) }));
const Decisions = v.array(
  v.object({
    id: v.string(),
    worktree: v.string(),
    status: v.string(),
    case: v.string(),
    from: v.string(),
    to: v.nullable(v.string()),
    backups: v.array(v.string()),
    answer: v.nullable(v.string()),
    sessions: v.array(v.string()),
  }),
);
const Failure = v.object({ code: v.number(), stdout: v.string() });
const Refusal = v.object({ error: v.object({ reason: v.string() }) });

export type ListedDecision = v.InferOutput<typeof Decisions>[number];

/** A repository with an upstream, on which an agent and somebody else work, until they go different ways. */
export class Diverged {
  private turn = 0;

  private constructor(
    readonly workspace: Workspace,
    private readonly other: string,
  ) {}

  static create(name = 'harbor', ignored = ''): Diverged {
    const workspace = Workspace.empty(name);
    workspace.write('README.md', '# Harbor\n');
    workspace.write('src/prices.ts', 'export const price = 1;\n');
    if (ignored !== '') {
      workspace.write('.gitignore', `${ignored}\n`);
    }
    workspace.commit('Harbor 1.0');
    const bare = path.join(workspace.base, 'upstream.git');
    const other = path.join(workspace.base, 'other');
    run(workspace.base, 'clone', '--quiet', '--bare', workspace.folder, bare);
    workspace.git('remote', 'add', 'origin', bare);
    workspace.git('fetch', '--quiet', 'origin');
    workspace.git('branch', '--quiet', '--set-upstream-to=origin/main');
    run(workspace.base, 'clone', '--quiet', bare, other);
    run(other, 'config', 'user.name', 'Elsewhere');
    run(other, 'config', 'user.email', 'elsewhere@example.com');
    return new Diverged(workspace, other);
  }

  /** Somebody else commits and pushes. */
  push(files: Readonly<Record<string, string>>, message = 'Prices from elsewhere'): void {
    run(this.other, 'pull', '--quiet', '--rebase');
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.other, name)), { recursive: true });
      writeFileSync(path.join(this.other, name), content);
    }
    run(this.other, 'add', '--all', '--force');
    run(this.other, 'commit', '--quiet', `--message=${message}`);
    run(this.other, 'push', '--quiet');
  }

  /** Both sides change the same line, and the agent has something uncommitted as well. */
  conflict(subject = 'Prices in cents'): void {
    this.turn += 1;
    const { workspace } = this;
    this.push({ 'src/prices.ts': `export const price = 'theirs ${this.turn}';\n` });
    workspace.write('src/prices.ts', `export const price = 'ours ${this.turn}';\n`);
    workspace.commit(subject);
    workspace.write('src/notes.ts', `// uncommitted ${this.turn}\n`);
  }

  async start(session: string, agent = 'codex'): Promise<string> {
    const args = ['session', 'start', '--session', session, '--agent', agent, '--owner', `${session}-owner`];
    return v.parse(Claimed, await this.workspace.belay(args)).token;
  }

  /** The agent takes a checkpoint of what it has just written. @returns its step. */
  async save(session: string, token: string): Promise<number> {
    this.turn += 1;
    this.workspace.write(`src/${session}.ts`, `// turn ${this.turn}\n`);
    const args = ['checkpoint', '--session', session, '--agent', 'codex', '--lease', token];
    return v.parse(v.object({ step: v.number() }), await this.workspace.belay(args)).step;
  }

  /** The command line is refused, or fails. @returns the reason. */
  async refused(...args: string[]): Promise<string> {
    try {
      await this.workspace.belay(args);
    } catch (thrown) {
      return v.parse(Refusal, JSON.parse(v.parse(Failure, thrown).stdout)).error.reason;
    }
    throw new Error(`${args.join(' ')} was not refused`);
  }

  /** `belay sync`, which ends with exit code 1 where a decision waits. @returns the case. */
  async sync(onConflict: 'ask' | 'reset'): Promise<string> {
    try {
      const answer = await this.workspace.belay(['sync', '--on-conflict', onConflict]);
      return v.parse(Outcomes, answer)[0]?.case ?? '';
    } catch (thrown) {
      const answer: unknown = JSON.parse(v.parse(Failure, thrown).stdout);
      const outcomes = v.safeParse(Outcomes, answer);
      return outcomes.success ? (outcomes.output[0]?.case ?? '') : v.parse(Refusal, answer).error.reason;
    }
  }

  /** `belay sync --on-conflict reset` of an agent whose disk is full when the index is to be written. */
  async syncOnFullDisk(): Promise<string> {
    const bin = path.join(this.workspace.base, 'bin');
    mkdirSync(bin, { recursive: true });
    const script = `#!/bin/sh
case " $* " in *" read-tree --reset "*) echo 'fatal: unable to write new index file: No space left on device' >&2; exit 128;; esac
exec '${this.workspace.git('--exec-path')}/git' "$@"
`;
    writeFileSync(path.join(bin, 'git'), script, { mode: 0o755 });
    const before = process.env['PATH'];
    process.env['PATH'] = `${bin}${path.delimiter}${before ?? ''}`;
    try {
      return await this.sync('reset');
    } finally {
      process.env['PATH'] = before;
    }
  }

  async decision(): Promise<ListedDecision> {
    const [latest] = v.parse(Decisions, await this.workspace.belay(['decisions']));
    if (latest === undefined) {
      throw new Error('There is no decision.');
    }
    return latest;
  }

  remove(): void {
    this.workspace.remove();
  }
}

function run(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
