import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../errors';
import { hasCode, isDiskError, isMissing, whenMissing, whenRefused } from '../git/diskErrors';
import { makeOwnFolder, writeOwnFile } from '../git/own';
import { uniqueName } from '../git/unique';
import type { Repository, Worktree } from '../git/worktree';
import { parseRecord } from '../refs/records';
import type { Decision } from './decision';
import { folderName, homeFolder, nameOf, placesOf } from './memoryPlaces';
import { parseDecision } from './decisionRecord';

const content = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ repository: v.string(), version: v.pipe(v.string(), v.minLength(1)), record: v.string() }),
);

/** What is remembered of a worktree's questions. */
export interface Memory {
  readonly questions: readonly Decision[];
  /** Whether there are others is not known. */
  readonly unreadable: readonly UnreadableMemory[];
}

/** Something that may have been a question, or may hold some. */
export interface UnreadableMemory {
  readonly file: string;
  /** The question's id, by the file's name; undefined for a whole folder. */
  readonly id: string | undefined;
  readonly why: string;
}

/** What is remembered of the questions about a worktree, in either place. Runs no git. */
export async function recall(repository: Repository, key: string): Promise<Memory> {
  const places = await placesOf(repository);
  const read = await Promise.all(
    places.map(async ({ folder, isHome }) => readFolder(path.join(folder, key), repository, { key, isHome })),
  );
  return merged(read);
}

/** The same of all worktrees, by their keys. */
export async function recallAll(repository: Repository): Promise<Map<string, Memory>> {
  const places = await placesOf(repository);
  const keys = await Promise.all(places.map(({ folder }) => readdir(folder).catch(whenRefused([]))));
  const memories = new Map<string, Memory>();
  for (const key of new Set(keys.flat())) {
    memories.set(key, await recall(repository, key));
  }
  return memories;
}

/**
 * Remembers an open question in its present state. A failing disk does not keep it from being asked.
 * @returns whether it is remembered anywhere.
 */
export async function remember(worktree: Worktree, decision: Decision): Promise<boolean> {
  const { repository } = worktree;
  const [object] = await worktree.plumbing.objects([decision.version]);
  const text = JSON.stringify({
    repository: repository.commonDir,
    version: decision.version,
    record: object?.content.toString('utf8') ?? '',
  });
  const written = await Promise.all([
    orRefused(async () => {
      const folder = await makeOwnFolder(repository, folderName, decision.worktree);
      await replaceWhole(folder, decision.id, (file) =>
        writeOwnFile(repository, file, text, { flag: 'wx', flush: true }),
      );
    }),
    orRefused(async () => {
      const home = await homeFolder(repository);
      const folder = path.join(home, decision.worktree);
      await mkdir(path.join(homedir(), '.belay'), { recursive: true });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceWhole(folder, decision.id, (file) =>
        writeOwnFile({ shared: undefined }, file, text, { flag: 'wx', flush: true, mode: 0o600 }),
      );
      await forgetRepositoriesThatAreGone(path.dirname(home), path.basename(home));
    }),
  ]);
  return written.includes(true);
}

/** Strikes a question that a person has answered, or that is nobody's any more. */
export async function forget(
  repository: Repository,
  { worktree, id }: Pick<Decision, 'worktree' | 'id'>,
): Promise<void> {
  for (const { folder } of await placesOf(repository)) {
    await orRefused(async () => {
      await rm(path.join(folder, worktree, `${id}.json`), { force: true });
      // Where it was the only one.
      await rmdir(path.join(folder, worktree));
    });
  }
}

/** Whether a question, in this version, is remembered in every place that can be written. */
export async function isRemembered(
  repository: Repository,
  { worktree, id, version }: Decision,
): Promise<boolean> {
  const places = await placesOf(repository);
  const found = await Promise.all(
    places.map(async ({ folder, isHome }) => {
      const memory = await readFolder(path.join(folder, worktree), repository, { key: worktree, isHome });
      return memory.questions.some((question) => question.id === id && question.version === version);
    }),
  );
  return found.every(Boolean);
}

async function readFolder(
  folder: string,
  { commonDir }: Repository,
  { key, isHome }: { readonly key: string; readonly isHome: boolean },
): Promise<Memory> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) {
      return { questions: [], unreadable: [] };
    }
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return { questions: [], unreadable: [{ file: folder, id: undefined, why: messageOf(thrown) }] };
  }
  const read = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name): Promise<Memory> => {
        const file = path.join(folder, name);
        const id = name.slice(0, -'.json'.length);
        const found = await readQuestion(file, { id, key }, isHome ? commonDir : undefined);
        if (found === 'gone' || found === 'elsewhere') {
          return { questions: [], unreadable: [] };
        }
        return 'why' in found && 'file' in found
          ? { questions: [], unreadable: [found] }
          : { questions: [found], unreadable: [] };
      }),
  );
  return merged(read);
}

async function readQuestion(
  file: string,
  { id, key }: { readonly id: string; readonly key: string },
  commonDir: string | undefined,
): Promise<Decision | UnreadableMemory | 'gone' | 'elsewhere'> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if (isMissing(thrown)) {
      return 'gone';
    }
    if (!isDiskError(thrown)) {
      throw thrown;
    }
    return { file, id, why: messageOf(thrown) };
  }
  const parsed = v.safeParse(content, text);
  if (!parsed.success) {
    return { file, id, why: 'it is not what Belay writes' };
  }
  const { repository, version, record } = parsed.output;
  if (commonDir !== undefined && repository !== commonDir) {
    return 'elsewhere';
  }
  const decision = parseDecision(parseRecord(version, record));
  return decision?.id === id && decision.worktree === key && decision.status === 'pending'
    ? decision
    : { file, id, why: 'it is not the record of an open question' };
}

/** A question that both places remember counts once, as the repository has it. */
function merged(memories: readonly Memory[]): Memory {
  const questions = new Map<string, Decision>();
  for (const question of memories.flatMap((memory) => memory.questions)) {
    questions.set(question.id, questions.get(question.id) ?? question);
  }
  return {
    questions: [...questions.values()].sort((a, b) => a.created - b.created),
    // What one place garbles, the other may know; and where one has no folder that can be read, the other one's suffices.
    unreadable: memories.flatMap((memory) =>
      memory.unreadable.filter(({ id }) =>
        id === undefined ? memories.every(isWithoutFolder) : !questions.has(id),
      ),
    ),
  };
}

function isWithoutFolder({ unreadable }: Memory): boolean {
  return unreadable.some(({ id }) => id === undefined);
}

/** A file that is there is whole, whatever ends the process or the power. */
async function replaceWhole(
  folder: string,
  id: string,
  write: (file: string) => Promise<void>,
): Promise<void> {
  const made = path.join(folder, `${id}.${uniqueName()}`);
  try {
    await write(made);
    await rename(made, path.join(folder, `${id}.json`));
  } catch (thrown) {
    await rm(made, { force: true });
    throw thrown;
  }
}

async function orRefused(work: () => Promise<void>): Promise<boolean> {
  return work().then(() => true, whenRefused(false));
}

/** How long the questions of a repository that cannot be found any more are remembered: its disk may come back. */
const goneForMs = 30 * 24 * 60 * 60 * 1_000;

async function forgetRepositoriesThatAreGone(all: string, own: string): Promise<void> {
  for (const name of await readdir(all)) {
    const folder = path.join(all, name);
    const about = await stat(folder).catch(whenMissing(undefined));
    if (name === own || about === undefined || Date.now() - about.mtimeMs < goneForMs) {
      continue;
    }
    const repository = await repositoryIn(folder);
    const now = repository === undefined ? undefined : await nameOf(repository).catch(whenMissing(undefined));
    if (now !== name) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Which repository the first question in such a folder names. */
async function repositoryIn(folder: string): Promise<string | undefined> {
  for (const key of await readdir(folder)) {
    for (const name of await readdir(path.join(folder, key)).catch(whenMissing([]))) {
      const parsed = v.safeParse(
        content,
        await readFile(path.join(folder, key, name), 'utf8').catch(whenMissing('')),
      );
      if (parsed.success) {
        return parsed.output.repository;
      }
    }
  }
  return undefined;
}
