import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import type { Repository } from '../git/worktree';
import { sessionComponent } from '../refs/names';
import { sessionId } from './fields';

/** Sub-agents of sub-agents are followed so far. */
const depth = 8;

const link = v.pipe(v.string(), v.parseJson(), v.object({ parent: sessionId }));

/** Whose child a session is, which its agent says once and never again. @throws when the disk refuses. */
export async function rememberChild(
  repository: Repository,
  agent: string,
  child: string,
  parent: string,
): Promise<void> {
  const file = linkFile(repository, agent, child);
  await makeOwnFolder(repository, 'agents');
  await writeOwnFile(repository, file, `${JSON.stringify({ parent })}\n`, { mode: 0o600 });
}

/**
 * The session that a child's session belongs to, at any depth; the session itself when it is nobody's child, or that cannot be
 * read.
 */
export async function rootSession(repository: Repository, agent: string, session: string): Promise<string> {
  let at = session;
  for (let step = 0; step < depth; step += 1) {
    const text = await readFile(linkFile(repository, agent, at), 'utf8').catch(whenRefused(''));
    const found = v.safeParse(link, text);
    if (!found.success) {
      break;
    }
    at = found.output.parent;
  }
  return at;
}

function linkFile(repository: Repository, agent: string, session: string): string {
  return path.join(repository.belayDir, 'agents', `${agent}-${sessionComponent(session)}`);
}
