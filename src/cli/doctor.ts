import { diagnose, mend } from '../doctor/doctor';
import { hideRefs } from '../doctor/remotes';
import { connectionFindings } from '../connect/findings';
import { personalPlaces } from './connect';
import { answer, type Context } from './context';
import { lines } from './text';

const marks = { ok: 'ok      ', note: 'note    ', problem: 'PROBLEM ' } as const;

export interface DoctorOptions {
  readonly mend?: boolean;
  readonly hideRefs?: boolean;
}

export async function doctorCommand(context: Context, options: DoctorOptions): Promise<void> {
  const worktree = await context.worktree();
  const mended = [
    ...(options.mend === true ? await mend(worktree, context.leases) : []),
    ...(options.hideRefs === true ? await hideRefs(worktree) : []),
  ];
  const findings = [...(await diagnose(worktree)), ...(await connectionFindings(worktree, personalPlaces()))];
  const value = { mended, findings: findings.map((finding) => ({ ...finding, mend: finding.mend ?? null })) };
  answer(context, value, () =>
    lines(
      ...mended,
      ...findings.flatMap(({ level, message, mend: command }) => [
        `${marks[level]}${message}`,
        ...(command === undefined ? [] : [`        mend it with: ${command}`]),
      ]),
    ),
  );
}
