import path from 'node:path';
import * as vscode from 'vscode';
import { remotesOf } from '../../../fanout/resolve';
import { listWorktrees, type ListedWorktree } from '../../../git/worktreeList';
import { resolveRemote } from '../../../network/remote';
import type { App } from '../../rows/app';
import { under, type Line } from '../../platform/dialogs';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inert } from '../../platform/text/inert';
import { branchName, shortOid } from '../../platform/text/words';
import type { PinTarget } from './pickPin';
import { standingWords } from '../../rows/worktreeWords';

/** A worktree that is to be brought to a pin. */
export interface Chosen {
  /** Any worktree of its repository. */
  readonly model: RepositoryModel;
  readonly key: string;
  /** For people, inert. */
  readonly name: string;
}

/**
 * Lets the person choose which worktrees are to be on a pin: those of its repository, and of the other clones of the same
 * remote that are open in this window. All are ticked at first. Undefined when they left.
 */
export async function chooseWorktrees(
  app: App,
  { model, pin }: PinTarget,
  title: string,
  placeHolder: string,
): Promise<readonly Chosen[] | undefined> {
  const models = [model, ...(await clonesOf(app, model, pin.remote))];
  const groups = await Promise.all(
    models.map(async (one) => {
      const listed = (await listWorktrees(one.worktree)).filter(({ bare }) => !bare);
      const [main] = listed;
      const where = inert(main?.root ?? one.root);
      const label = one === model ? where : vscode.l10n.t('{0}, another clone', where);
      return { label, lines: listed.map((worktree) => worktreeLine(app, one, worktree)) };
    }),
  );
  const lines =
    groups.length === 1
      ? groups.flatMap((group) => group.lines)
      : groups.flatMap((group) => under(group.label, group.lines));
  return app.dialogs.several({ title, placeHolder, lines });
}

function worktreeLine(
  app: App,
  model: RepositoryModel,
  { key, root, branch, head, missing }: ListedWorktree,
): Line<Chosen> {
  const name = inert(path.basename(root));
  const standing = app.pinStates.of(model, key);
  const details = [
    ...(missing ? [vscode.l10n.t('folder is missing')] : []),
    ...(standing === undefined ? [] : standingWords(standing)),
    branch === undefined ? vscode.l10n.t('detached') : branchName(branch),
    ...(head === undefined ? [] : [shortOid(head)]),
  ];
  return {
    label: `$(list-tree) ${name}`,
    description: details.join(' · '),
    picked: true,
    value: { model, key, name },
  };
}

/** The other repositories of this window that have a remote in common with this one: that of the pin, where it is known. */
async function clonesOf(
  app: App,
  home: RepositoryModel,
  remote: string | undefined,
): Promise<readonly RepositoryModel[]> {
  const others = app.repositories.distinct.filter(({ commonDir }) => commonDir !== home.commonDir);
  if (others.length === 0) {
    return [];
  }
  const wanted = new Set(await remoteIds(home, remote === undefined ? undefined : [remote]));
  const clones = await Promise.all(
    others.map(async (model) => ((await remoteIds(model)).some((id) => wanted.has(id)) ? [model] : [])),
  );
  return clones.flat();
}

async function remoteIds(
  { worktree }: RepositoryModel,
  names?: readonly string[],
): Promise<readonly string[]> {
  const remotes = await Promise.all(
    (names ?? (await remotesOf(worktree))).map((name) => resolveRemote(worktree, name, 'fetch')),
  );
  return remotes.map(({ id }) => id);
}
