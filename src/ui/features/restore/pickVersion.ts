import * as vscode from 'vscode';
import type { Checkpoint } from '../../../checkpoint/checkpoint';
import { messageOf } from '../../../errors';
import { pathText, type GitPath } from '../../../git/path';
import type { App } from '../../rows/app';
import { openFileDiff } from '../../rows/openDiff';
import type { Later } from '../../platform/dialogs';
import { showFailure } from '../../platform/failure';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inertLine } from '../../platform/text/inert';
import { changeWord } from '../../platform/text/words';
import { checkpointLine } from '../../rows/pick';

/** How many checkpoints back a file's versions are looked for. */
const depth = 500;

/**
 * Lets the person choose among the checkpoints that changed a file, newest first. They are listed as they are found,
 * and each can be looked at before it is chosen.
 */
export function pickVersion(
  app: App,
  model: RepositoryModel,
  gitPath: GitPath,
): Promise<Checkpoint | undefined> {
  const asked = {
    title: vscode.l10n.t('Restore {0}', inertLine(pathText(gitPath), 80)),
    placeHolder: vscode.l10n.t('Looking for the checkpoints that changed this file'),
    lines: [],
  };
  return app.dialogs.one(asked, versions(app, model, gitPath));
}

async function* versions(app: App, model: RepositoryModel, gitPath: GitPath): Later<Checkpoint> {
  const checkpoints = await model.recent(depth, model.worktree.key);
  let found = 0;
  for (const checkpoint of checkpoints) {
    try {
      const change = (await model.changesOf(checkpoint)).find(({ path }) => path === gitPath);
      if (change !== undefined) {
        found += 1;
        const line = checkpointLine({ model, checkpoint }, []);
        yield {
          ...line,
          description: `${line.description ?? ''} · ${changeWord(change.kind)}`,
          button: {
            icon: 'git-compare',
            tooltip: vscode.l10n.t('Open Diff'),
            press: () => {
              openFileDiff(model, checkpoint, change).catch((thrown: unknown) => {
                showFailure(app, thrown);
              });
            },
          },
          value: checkpoint,
        };
      }
    } catch (thrown) {
      // One checkpoint that cannot be read must not hide the others.
      app.log.warn(`The files of checkpoint ${checkpoint.oid} could not be read: ${messageOf(thrown)}`);
    }
  }
  return found === 0
    ? vscode.l10n.t(
        'None of the last {0} checkpoints of this worktree changed this file.',
        checkpoints.length,
      )
    : vscode.l10n.t('Restore the file from which checkpoint?');
}
