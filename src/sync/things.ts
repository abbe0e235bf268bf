import { keptSubjects, type FallenThing } from '../backups/fallRecord';
import { oneLine, readCommit } from '../git/commit';
import type { Worktree } from '../git/worktree';
import { shortOf, type Fallen } from './fallen';

/** How many characters of a subject are kept. */
const subjectLength = 200;

/** What was lost, in the form of a backup's record: with the subjects of its newest commits. */
export async function thingsOf(worktree: Worktree, fallen: readonly Fallen[]): Promise<FallenThing[]> {
  const shown = fallen.map(({ what, tip, commits }) =>
    what === 'stash' ? [tip] : commits.slice(0, keptSubjects),
  );
  const oids = [...new Set(shown.flat())];
  const objects = await worktree.plumbing.objects(oids);
  const subjects = new Map(
    oids.map((oid, at) => [oid, subjectOf(objects[at]?.content.toString('utf8') ?? '')]),
  );
  return fallen.map(({ what, from, tip, lost }, at) => ({
    what,
    name: nameOf(what, from),
    tip,
    subjects: (shown[at] ?? []).map((oid) => subjects.get(oid) ?? ''),
    lost,
  }));
}

function nameOf(what: Fallen['what'], from: string): string | undefined {
  return what === 'stash' || what === 'head' ? undefined : shortOf(from);
}

function subjectOf(content: string): string {
  const [first = ''] = readCommit(content).message.trimStart().split('\n', 1);
  return oneLine(first).slice(0, subjectLength);
}
