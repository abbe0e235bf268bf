import { createHash } from 'node:crypto';
import { Callers } from '../../src/agents/callers';
import { handle, needsNothing } from '../../src/agents/handle';
import { LookTime, type Scene } from '../../src/agents/scene';
import { expectAgent } from '../../src/agents/registry';
import { Git } from '../../src/git/git';
import { BelayError } from '../../src/errors';
import { closeWorktree, openWorktree, type Worktree } from '../../src/git/worktree';
import type { TestRepo } from '../support/repo';
import type { Told } from './calls';

/**
 * Does what the hook's program does with a payload, in this process: the program itself is tested by what runs it.
 * @returns whether the adapter found an event in it.
 */
export async function tell(
  agent: string,
  told: Told,
  { lookTime = new LookTime(60_000), finishLater = () => Promise.resolve() }: Partial<Scene> = {},
): Promise<boolean> {
  const known = expectAgent(agent);
  const event = known.adapter.read(told.payload, { event: told.event, environment: {} });
  if (event === undefined || needsNothing(event)) {
    return event !== undefined;
  }
  const git = new Git();
  const home = await openIfAny(git, event.cwd);
  try {
    await handle(git, home, event, {
      agent: known,
      callers: Callers.of(process.pid),
      environment: {},
      lookTime,
      signal: new AbortController().signal,
      finishLater,
    });
  } finally {
    if (home !== undefined) {
      closeWorktree(home);
    }
    git.endAll();
  }
  return true;
}

async function openIfAny(git: Git, folder: string): Promise<Worktree | undefined> {
  return openWorktree(git, folder).catch((thrown: unknown) => {
    if (thrown instanceof BelayError && thrown.reason === 'not_a_repository') {
      return undefined;
    }
    throw thrown;
  });
}

/** What can be reached from one of Belay's references in the repository around a folder: whether a content is among it. */
export function savedIn(repo: TestRepo, folder: string): (content: string) => boolean {
  const lines = repo.git('-C', folder, 'rev-list', '--objects', '--glob=refs/belay/*').split('\n');
  const oids = new Set(lines.map((line) => line.slice(0, 40)));
  return (content) => {
    const blob = Buffer.from(content);
    const header = `blob ${blob.length}\0`;
    return oids.has(createHash('sha1').update(header).update(blob).digest('hex'));
  };
}
