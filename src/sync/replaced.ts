import { readCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';

/** At most so many newer commits are looked through for one that stands in the place of another. */
const newerLimit = 2_000;
/** Of so many of the dropped commits it is asked, the newest. */
const droppedLimit = 2_000;
/** How many lines of commits are merged to see whether they would change anything. */
const mergedLimit = 8;

/** A line of lost commits. */
interface Line {
  readonly tip: string;
  readonly commits: readonly string[];
}

/** What a commit is, apart from where it stands. */
interface Face {
  readonly oid: string;
  readonly tree: string;
  /** Who wrote it and when, as git copies it to whatever takes the commit's place. */
  readonly author: string;
  readonly subject: string;
  /** Whether it was written at another time than it was committed: as what is amended, rebased or picked is. */
  readonly again: boolean;
}

/**
 * Of lost commits, those that were replaced, told by the consequence: another commit has their author and the time of
 * writing, which git keeps when it amends, rebases or picks; or one has the very same files; or to merge them would change
 * nothing, since what they did was merged as one commit.
 */
export async function findReplaced(
  worktree: Worktree,
  lines: readonly Line[],
  parents: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlySet<string>> {
  if (lines.length === 0) {
    return new Set();
  }
  const dropped = [...new Set(lines.flatMap(({ commits }) => commits))].slice(0, droppedLimit);
  const faces = new Map((await facesOf(worktree, dropped)).map((face) => [face.oid, face]));
  const newer = await newerThan(
    worktree,
    lines.map(({ tip }) => tip),
  );
  const byAuthor = new Map<string, Face[]>();
  for (const face of newer) {
    byAuthor.set(face.author, [...(byAuthor.get(face.author) ?? []), face]);
  }
  const trees = new Set(newer.map(({ tree }) => tree));
  const replaced = new Set(
    dropped.filter((oid) => {
      const face = faces.get(oid);
      const others = face === undefined ? [] : (byAuthor.get(face.author) ?? []);
      return others.some(
        (other) => other.again || other.subject === face?.subject || other.tree === face?.tree,
      );
    }),
  );
  let merges = 0;
  for (const line of lines) {
    const open = line.commits.filter((oid) => !replaced.has(oid));
    const tree = faces.get(line.tip)?.tree;
    if (open.length === 0 || tree === undefined || !(await changes(worktree, line, tree, parents))) {
      continue;
    }
    if (trees.has(tree)) {
      open.forEach((oid) => replaced.add(oid));
    } else if (merges < mergedLimit) {
      merges += 1;
      if (await addsNothingTo(worktree, 'HEAD', line.tip)) {
        open.forEach((oid) => replaced.add(oid));
      }
    }
  }
  return replaced;
}

/** Commits without a change leave the files unchanged; nothing then tells that they were replaced. */
async function changes(
  worktree: Worktree,
  { commits }: Line,
  tree: string,
  parents: ReadonlyMap<string, readonly string[]>,
): Promise<boolean> {
  const own = new Set(commits);
  const below = [...new Set(commits.flatMap((oid) => parents.get(oid) ?? []))].filter((oid) => !own.has(oid));
  const infos = await worktree.plumbing.infos(below.map((oid) => `${oid}^{tree}`));
  return infos.every((info) => info?.oid !== tree);
}

/** Whether a merge of a commit would leave the other one's files unchanged: what it did is in them already. */
export async function addsNothingTo(
  worktree: Worktree,
  target: string,
  commit: string,
  unrelated = false,
): Promise<boolean> {
  const [tree] = await worktree.plumbing.infos([`${target}^{tree}`]);
  if (tree === undefined) {
    return false;
  }
  const more = unrelated ? ['--allow-unrelated-histories'] : [];
  const { exitCode, stdout } = await worktree.git.run({
    args: ['merge-tree', '--write-tree', '--no-messages', ...more, target, commit],
    cwd: worktree.root,
    // It ends with 1 where they conflict, and with others where nothing links them.
    answers: [1, 128],
  });
  return exitCode === 0 && stdout.toString('latin1').trim() === tree.oid;
}

/** The commits of the user's that are not below these, the newest first. */
async function newerThan(worktree: Worktree, tips: readonly string[]): Promise<Face[]> {
  const text = await worktree.git.text({
    args: [
      'rev-list',
      `--max-count=${newerLimit}`,
      '--exclude=refs/belay/*',
      '--exclude=refs/stash',
      '--all',
      '--ignore-missing',
      '--stdin',
    ],
    cwd: worktree.root,
    input: tips.map((oid) => `^${oid}\n`).join(''),
  });
  return facesOf(
    worktree,
    text.split('\n').filter((oid) => oid !== ''),
  );
}

async function facesOf(worktree: Worktree, oids: readonly string[]): Promise<Face[]> {
  const objects = await worktree.plumbing.objects(oids);
  return oids.flatMap((oid, at): Face[] => {
    const object = objects[at];
    if (object?.type !== 'commit') {
      return [];
    }
    const text = object.content.toString('utf8');
    const { tree, message, time } = readCommit(text);
    const [, author = '', seconds] = /^author (.*> (\d+) [+-]\d{4})$/m.exec(text) ?? [];
    const subject = message.split('\n', 1)[0] ?? '';
    return [{ oid, tree, author, subject, again: Number(seconds) * 1000 !== time }];
  });
}
