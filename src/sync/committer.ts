import type { Worktree } from '../git/worktree';

/** Who the person is to git; where they have told it no name, Belay. */
export async function committerLine(worktree: Worktree): Promise<string> {
  const output = await worktree.git.run({
    args: ['var', 'GIT_COMMITTER_IDENT'],
    cwd: worktree.root,
    answers: [128],
  });
  return output.exitCode === 0
    ? output.stdout.toString('utf8').trim()
    : `Belay <belay@belay.invalid> ${Math.floor(Date.now() / 1000)} +0000`;
}

/** Those of these commits that were committed by this repository's committer, told by the address. */
export async function committedByMe(worktree: Worktree, oids: readonly string[]): Promise<Set<string>> {
  if (oids.length === 0) {
    return new Set();
  }
  const me = addressIn(await committerLine(worktree));
  const objects = await worktree.plumbing.objects(oids);
  return new Set(
    oids.filter((_, at) => {
      const content = objects[at]?.content ?? Buffer.alloc(0);
      const line = /^committer (.*)$/m.exec(headerOf(content))?.[1];
      return me !== undefined && line !== undefined && addressIn(line) === me;
    }),
  );
}

/** The fields of a commit object, as text. */
export function headerOf(content: Buffer): string {
  const end = content.indexOf('\n\n');
  return content.toString('utf8', 0, end < 0 ? content.length : end);
}

function addressIn(line: string): string | undefined {
  return /<([^<>]+)>/.exec(line)?.[1]?.trim().toLowerCase();
}
