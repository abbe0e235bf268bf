import * as vscode from 'vscode';
import { commitsOf } from '../../../backups/commits';
import type { BackedUpCommit } from '../../../backups/backup';
import { BelayError } from '../../../errors';
import { remotesOf, resolveOnce, type Resolved } from '../../../fanout/resolve';
import type { App } from '../../rows/app';
import { withCancel } from '../../platform/progress';
import { under, type Line } from '../../platform/dialogs';
import type { RepositoryModel } from '../../state/repositoryModel';
import { requestFor } from '../../state/syncRequestFor';
import { inertLine } from '../../platform/text/inert';
import { relativeTime } from '../../platform/text/time';
import { shortOid } from '../../platform/text/words';
import type { Worktree } from '../../../git/worktree';

/** A commit that a name stands for, and what a person knows it by. */
export interface Found extends Resolved {
  readonly about: BackedUpCommit | undefined;
  /** Whether a pin is to go along when the reference moves. */
  readonly follows: boolean;
}

/** Resolves a name to a commit, from here on the only thing that counts; with `fetch`, after asking its remote. */
export async function resolve(
  app: App,
  { worktree }: RepositoryModel,
  source: string,
  fetch: boolean,
): Promise<Found> {
  const { timeLimit } = requestFor(app, worktree);
  const network = await app.network.get();
  const title = fetch
    ? vscode.l10n.t('Fetching {0}', inertLine(source, 60))
    : vscode.l10n.t('Looking for {0}', inertLine(source, 60));
  const resolved = await withCancel(title, (signal) =>
    app.network.track(
      (either) =>
        resolveOnce(worktree, network, { source, fetch, explicit: true, timeLimit, signal: either }),
      signal,
    ),
  );
  const [about] = await commitsOf(worktree, [resolved.commit], 1);
  return { ...resolved, about, follows: false };
}

/**
 * Shows the person which commit a name stands for, and lets them fetch first. Undefined when they left.
 * @throws BelayError `unresolved_commit` where it is neither here nor can be fetched, and what a fetch throws.
 */
export async function confirmResolved(
  app: App,
  model: RepositoryModel,
  source: string,
): Promise<Found | undefined> {
  const canFetch = (await remotesOf(model.worktree)).length > 0;
  for (let fetched = false; ; fetched = true) {
    const found = await resolveOrNothing(app, model, source, fetched, canFetch && !fetched);
    const chosen = await app.dialogs.one({
      title: vscode.l10n.t('Pin {0}', inertLine(source, 80)),
      placeHolder: fetched
        ? vscode.l10n.t('Resolved on the remote just now')
        : vscode.l10n.t('Resolved locally (as of the last fetch)'),
      lines: [
        ...(found === undefined ? [] : [foundLine(found)]),
        ...(canFetch && !fetched ? [fetchLine(found === undefined)] : []),
        ...(found?.ref === undefined ? [] : [followLine(found)]),
      ],
    });
    if (chosen !== 'fetch') {
      return chosen;
    }
  }
}

async function resolveOrNothing(
  app: App,
  model: RepositoryModel,
  source: string,
  fetch: boolean,
  mayLack: boolean,
): Promise<Found | undefined> {
  try {
    return await resolve(app, model, source, fetch);
  } catch (thrown) {
    if (mayLack && thrown instanceof BelayError && thrown.reason === 'unresolved_commit') {
      return undefined;
    }
    throw thrown;
  }
}

function foundLine(found: Found): Line<Found | 'fetch'> {
  const { about, commit } = found;
  return {
    label: `$(pinned) ${shortOid(commit)} ${inertLine(about?.subject ?? '', 80)}`,
    description:
      about === undefined ? '' : [inertLine(about.author, 40), relativeTime(about.time)].join(' · '),
    detail: vscode.l10n.t('Pin exactly this commit: {0}', commit),
    value: found,
  };
}

function followLine(found: Found): Line<Found> {
  return {
    label: `$(sync) ${vscode.l10n.t('Follow {0}', inertLine(found.source, 80))}`,
    detail: vscode.l10n.t('Pin it, and whenever a fetch moves it, move the idle worktrees along'),
    value: { ...found, follows: true },
  };
}

function fetchLine(lacking: boolean): Line<Found | 'fetch'> {
  return {
    label: `$(cloud-download) ${vscode.l10n.t('Fetch First')}`,
    detail: lacking
      ? vscode.l10n.t('Not in this clone: fetch it')
      : vscode.l10n.t('Fetch, then resolve again'),
    value: 'fetch',
  };
}

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
