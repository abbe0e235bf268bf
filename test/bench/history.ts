import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { formatMessage } from '../../src/checkpoint/message';
import { listCheckpoints } from '../../src/checkpoint/history';
import { Git } from '../../src/git/git';
import { closeWorktree, openWorktree } from '../../src/git/worktree';
import { listSessions } from '../../src/sessions/sessions';
import { summarizeWorktrees } from '../../src/sessions/worktrees';
import { medians, ms, output, ratio, table } from './measure';
import { makeRepository } from './repository';

/** What the sidebar reads, with a long chain and many backup refs, against git's own listing of the same. */
export async function benchHistory(checkpoints: number, backups: number): Promise<void> {
  const folder = await makeRepository(200);
  await fillHistory(folder, checkpoints, backups);
  const worktree = await openWorktree(new Git(), folder);
  const git = (args: readonly string[]): Promise<void> =>
    output('git', args, { cwd: folder }).then(() => undefined);
  const found = await medians(
    [
      {
        name: 'git log of the chain',
        run: () => git(['log', '--first-parent', '--format=%B', 'refs/belay/shadow/main/current']),
      },
      { name: 'git for-each-ref of everything', run: () => git(['for-each-ref', 'refs/belay/']) },
      {
        name: 'sessions (the sidebar, closed)',
        run: async () => {
          await listSessions(worktree);
        },
      },
      {
        name: 'worktrees',
        run: async () => {
          await summarizeWorktrees(worktree);
        },
      },
      {
        name: 'one page of 200 checkpoints',
        run: async () => {
          await listCheckpoints(worktree, { worktreeKey: 'main', limit: 200 });
        },
      },
      {
        name: 'one session, one page',
        run: async () => {
          await listCheckpoints(worktree, { session: 'w3', limit: 200 });
        },
      },
    ],
    7,
  );
  const base = found.get('git log of the chain');
  table(
    `Reading for the sidebar with ${checkpoints} checkpoints and ${backups} backup refs: median milliseconds`,
    ['', 'ms', 'against git log'],
    [...found].map(([name, value]) => [name, ms(value), ratio(value, base)]),
  );
  closeWorktree(worktree);
  await fs.rm(folder, { recursive: true, force: true });
}

/** Writes the chain with fast-import: the same commits as Belay's, a thousand times faster. */
async function fillHistory(folder: string, checkpoints: number, backups: number): Promise<void> {
  const base = (await output('git', ['rev-parse', 'HEAD'], { cwd: folder })).trim();
  const segment = `${Date.now()}000000`;
  const steps = new Map<string, number>();
  const lines: string[] = [];
  for (let at = 1; at <= checkpoints; at += 1) {
    const session = `w${at % 16}`;
    const step = (steps.get(session) ?? 0) + 1;
    steps.set(session, step);
    const message = formatMessage({
      session,
      agent: 'codex',
      step,
      base,
      branch: 'refs/heads/main',
      operation: undefined,
      mode: 'paths',
      worktree: 'main',
      segment,
      segmentBase: base,
      segmentPosition: at,
      tool: undefined,
      task: undefined,
      message: `Checkpoint ${step} of ${session}`,
      paths: [],
      uncovered: [],
      uncoveredMore: 0,
      staged: undefined,
      indexFile: undefined,
      rules: undefined,
      worktreeBorn: undefined,
      folded: [],
      restoring: undefined,
      restoredFrom: undefined,
      stale: undefined,
    });
    const time = Math.floor(Date.now() / 1000) - checkpoints + at;
    lines.push(
      'commit refs/belay/shadow/main/current',
      `mark :${at}`,
      `committer Belay <belay@belay.invalid> ${time} +0000`,
      `data ${Buffer.byteLength(message)}`,
      message,
      ...(at === 1 ? [`from ${base}`] : []),
      `M 100644 inline ${session}.txt`,
      `data ${String(at).length}`,
      String(at),
    );
  }
  for (const [session, step] of steps) {
    lines.push(
      `reset refs/belay/session/${session}`,
      `from :${checkpoints - ((checkpoints - Number(session.slice(1))) % 16)}`,
      '',
    );
    if (step < 1) {
      throw new Error('no steps');
    }
  }
  for (let at = 0; at < backups; at += 1) {
    lines.push(`reset refs/belay/backup/bench/main/${at}`, `from :${(at % checkpoints) + 1}`, '');
  }
  await new Promise<void>((resolve, reject) => {
    const child = spawn('git', ['fast-import', '--quiet'], {
      cwd: folder,
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`fast-import ended with ${code ?? '?'}`));
      }
    });
    child.stdin.end(`${lines.join('\n')}\n`);
  });
}
