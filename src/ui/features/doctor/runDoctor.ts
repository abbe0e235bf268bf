import * as vscode from 'vscode';
import { diagnose, repair } from '../../../doctor/diagnose';
import { hideCommand, fixCommand, type Finding } from '../../../doctor/finding';
import { hideRefs } from '../../../doctor/remotes';
import { connectionFindings } from '../../../connect/findings';
import type { Line } from '../../platform/dialogs';
import type { App } from '../../rows/app';
import { personalPlaces } from '../../state/agentStates';
import { withCancel, withPatience } from '../../platform/progress';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { pickModel } from '../../rows/pick';

/** What a line of the list does when it is chosen. */
type Does = 'mend' | 'hide' | undefined;

/** Looks for what is wrong, lists it, and fixes what can be fixed automatically if the person agrees. */
export async function runDoctor(app: App): Promise<void> {
  const model = await pickModel(app, vscode.l10n.t('Examine which worktree?'));
  if (model === undefined) {
    return;
  }
  const findings = await withCancel(vscode.l10n.t('Examining the repository'), async () => [
    ...(await diagnose(model.worktree)),
    ...(await connectionFindings(model.worktree, personalPlaces())),
  ]);
  for (const { kind, level, message } of findings) {
    app.log.info(`doctor: ${level}: ${kind}: ${message}`);
  }
  const does = await app.dialogs.one({
    title: vscode.l10n.t('Belay Health Check'),
    placeHolder: summary(findings),
    lines: linesOf(findings),
    stays: false,
  });
  if (does === 'mend') {
    await mendNow(app, model);
  } else if (does === 'hide') {
    // The row says what it does, and choosing it is the person's word.
    tellDone(app, await hideRefs(model.worktree));
  }
}

async function mendNow(app: App, model: RepositoryModel): Promise<void> {
  const done = await withPatience(vscode.l10n.t('Fixing'), () =>
    app.own.write(model.worktree, ({ leases }) => repair(model.worktree, leases)),
  );
  await app.repositories.reload();
  tellDone(app, done);
}

function tellDone(app: App, done: readonly string[]): void {
  for (const line of done) {
    app.log.info(`doctor: ${line}`);
  }
  void app.dialogs.tell(
    done.length === 0
      ? vscode.l10n.t('There was nothing that Belay could fix automatically.')
      : done.map((line) => inertLine(line, 160)).join(' '),
  );
}

function linesOf(findings: readonly Finding[]): Line<Does>[] {
  const rows: Line<Does>[] = findings.toSorted(worstFirst).map((finding) => ({
    label: `$(${icons[finding.level]}) ${inertLine(finding.message, 160)}`,
    ...(finding.fix === undefined ? {} : { detail: inertLine(finding.fix, 200) }),
    value: undefined,
  }));
  const canDo = (command: string): boolean =>
    findings.some(({ level, fix: mend }) => level !== 'ok' && mend?.startsWith(command) === true);
  const top: Line<Does>[] = [
    ...(canDo(fixCommand)
      ? [{ label: `$(tools) ${vscode.l10n.t('Fix problems automatically')}`, value: 'mend' as const }]
      : []),
    ...(canDo(hideCommand)
      ? [
          {
            label: `$(eye-closed) ${vscode.l10n.t('Hide Checkpoints from Clones and Fetches')}`,
            detail: vscode.l10n.t(
              'Sets transfer.hideRefs=refs/belay in this repository; Belay keeps working.',
            ),
            value: 'hide' as const,
          },
        ]
      : []),
  ];
  return [...top, ...rows];
}

const order = { problem: 0, note: 1, ok: 2 } as const;
const icons = { problem: 'warning', note: 'info', ok: 'pass' } as const;

function worstFirst(left: Finding, right: Finding): number {
  return order[left.level] - order[right.level];
}

function summary(findings: readonly Finding[]): string {
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (problems === 0) {
    return vscode.l10n.t('No problems were found.');
  }
  return problems === 1
    ? vscode.l10n.t('One problem was found.')
    : vscode.l10n.t('{0} problems were found.', problems);
}
