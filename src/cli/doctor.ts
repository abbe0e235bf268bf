import { diagnose, repair } from '../doctor/diagnose';
import { hideRefs } from '../doctor/remotes';
import { connectionFindings } from '../connect/findings';
import { personalPlaces } from './connect';
import { answer, type Context } from './context';
import type { Finding } from '../doctor/finding';
import type { Worktree } from '../git/worktree';
import { lines } from './text';

const marks = { ok: 'ok      ', note: 'note    ', problem: 'PROBLEM ' } as const;

export interface DoctorOptions {
  readonly fix?: boolean;
  /** The earlier name of `fix`. */
  readonly mend?: boolean;
  readonly hideRefs?: boolean;
}

export async function doctorCommand(context: Context, options: DoctorOptions): Promise<void> {
  const { worktree, elsewhere } = await context.anyWorktree();
  const mended = [
    ...(options.fix === true || options.mend === true ? await repair(worktree, context.leases) : []),
    ...(options.hideRefs === true ? await hideRefs(worktree) : []),
  ];
  const findings = [
    ...(elsewhere === undefined ? [] : [lookedAt(worktree)]),
    ...(await diagnose(worktree)),
    ...(await connectionFindings(worktree, personalPlaces())),
  ];
  const value = {
    mended,
    findings: findings.map(({ fix, ...finding }) => ({ ...finding, mend: fix })),
  };
  answer(context, value, () =>
    lines(
      ...mended,
      ...findings.flatMap(({ level, message, fix: command }) => [
        `${marks[level]}${message}`,
        ...(command === undefined ? [] : [`        fix it with: ${command}`]),
      ]),
    ),
  );
}

/** From a folder in no worktree, what concerns one was looked at in another. */
function lookedAt({ root }: Worktree): Finding {
  return {
    kind: 'working',
    level: 'note',
    message: `This folder is in no worktree: of the worktrees, ${root} was looked at. For another one, add --cwd with its folder.`,
    fix: undefined,
  };
}
