import * as vscode from 'vscode';
import type { Worktree } from '../../../git/worktree';
import type { App } from '../../rows/app';
import { under, type Line } from '../../platform/dialogs';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { relativeTime } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';

/** So many branches and tags are listed, the newest ones; any other can be typed. */
const most = 300;

interface Named {
  readonly ref: string;
  readonly name: string;
  readonly oid: string;
  readonly time: number;
  readonly subject: string;
  /** It is what the current branch follows. */
  readonly followed: boolean;
}

/** A branch, tag or commit that the person picks or types; undefined when they left. */
export async function pickSource(app: App, model: RepositoryModel): Promise<string | undefined> {
  const named = await readNamed(model.worktree);
  const of = (prefix: string): Line<string>[] =>
    named.filter(({ ref }) => ref.startsWith(prefix)).map(sourceLine);
  const followed = named.filter((one) => one.followed);
  return app.dialogs.oneOrTyped(
    {
      title: vscode.l10n.t('Pin Worktrees to Commit'),
      placeHolder: vscode.l10n.t("Choose a branch or tag, or type a commit's name or id"),
      lines: [
        ...under(vscode.l10n.t('Followed by the current branch'), followed.map(sourceLine)),
        ...under(vscode.l10n.t('Branches'), of('refs/heads/')),
        ...under(vscode.l10n.t('Remote branches'), of('refs/remotes/')),
        ...under(vscode.l10n.t('Tags'), of('refs/tags/')),
      ],
    },
    (text) => ({
      label: `$(edit) ${inertLine(text, 80)}`,
      description: vscode.l10n.t('as you typed it'),
      value: text,
    }),
  );
}

function sourceLine({ ref, name, oid, time, subject }: Named): Line<string> {
  return {
    label: `$(${iconOf(ref)}) ${inertLine(name, 80)}`,
    description: [shortOid(oid), inertLine(subject, 80), relativeTime(time)].join(' · '),
    value: name,
  };
}

function iconOf(ref: string): string {
  if (ref.startsWith('refs/tags/')) {
    return 'tag';
  }
  return ref.startsWith('refs/remotes/') ? 'cloud' : 'git-branch';
}

async function readNamed(worktree: Worktree): Promise<readonly Named[]> {
  // What a tag names comes second: of a commit it is empty.
  const fields = [
    'refname',
    'refname:short',
    'symref',
    '*objectname',
    'objectname',
    'creatordate:unix',
    'HEAD',
    'upstream',
    'contents:subject',
  ];
  const text = await worktree.git.text({
    args: [
      'for-each-ref',
      '--sort=-creatordate',
      `--format=${fields.map((field) => `%(${field})`).join('%00')}`,
      ...['refs/heads', 'refs/remotes', 'refs/tags'],
    ],
    cwd: worktree.root,
  });
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\0'));
  const current = rows.find(([, , , , , , head]) => head === '*');
  return rows
    .filter(([, , symref]) => symref === '')
    .slice(0, most)
    .map(([ref = '', name = '', , peeled = '', oid = '', time = '0', , , subject = '']) => ({
      ref,
      name,
      oid: peeled === '' ? oid : peeled,
      time: Number(time) * 1_000,
      subject,
      followed: ref !== '' && ref === current?.[7],
    }));
}
