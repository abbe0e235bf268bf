import path from 'node:path';
import * as vscode from 'vscode';
import { listPins, removePin as removePinFrom, setPin, type Pin } from '../../../fanout/pin';
import { openGuard } from '../../../leases/guard';
import type { App } from '../../rows/app';
import { pickModel } from '../../rows/pick';
import type { RepositoryModel } from '../../state/repositoryModel';
import { inert, inertLine } from '../../platform/text/inert';
import { shortOid } from '../../platform/text/words';
import { WorktreeNode } from '../../rows/worktreeNode';
import { bring } from './bringing';
import { chooseWorktrees, type Chosen } from './chooseWorktrees';
import { defaultPinName } from './worktreeNames';
import { pickPin, type OnPin, type PinTarget } from './pickPin';
import { pickSource, confirmResolved, resolve, type Found } from './pinSource';
import { pinAt, pinName, setterName } from '../../rows/worktreeWords';

const longestName = 128;

/** Pins a commit that the person picks, sees and names, and then brings worktrees to it. */
export async function pinWorktrees(app: App, on: OnPin | undefined): Promise<void> {
  const model = on?.model ?? (await pickModel(app, vscode.l10n.t('Pin a commit of which repository?')));
  if (model === undefined) {
    return;
  }
  const source = await pickSource(app, model);
  const found = source === undefined ? undefined : await confirmResolved(app, model, source);
  if (found === undefined) {
    return;
  }
  const pins = await listPins(model.worktree);
  const name = await nameFor(app, model, pins, found);
  if (name === undefined) {
    return;
  }
  const earlier = pins.find((pin) => pin.name === name);
  const pin = await put(app, model, name, found, earlier);
  const chosen = await chooseWorktrees(
    app,
    { model, pin },
    vscode.l10n.t('Pinned: {0}', pinAt(pin)),
    vscode.l10n.t('Enter brings the ticked worktrees to it'),
  );
  await bringOrSay(app, { model, pin }, chosen ?? []);
}

/** Resolves what a pin was set from once more, after a fetch, shows where it goes, and brings worktrees there. */
export async function updatePin(app: App, on: OnPin | undefined): Promise<void> {
  const target = await pickPin(app, on, vscode.l10n.t('Update which pin?'));
  if (target === undefined) {
    return;
  }
  const { model, pin } = target;
  const found = await resolve(app, model, pin.source, true);
  if (found.commit === pin.commit) {
    const words = vscode.l10n.t(
      'Nothing to update: {0} and the pin {1} are both at {2}.',
      inertLine(pin.source, 60),
      pinName(pin),
      shortOid(pin.commit),
    );
    void app.dialogs.tell(words);
    return;
  }
  const subject = inertLine(found.about?.subject ?? '', 60);
  const chosen = await chooseWorktrees(
    app,
    target,
    vscode.l10n.t(
      'Move pin {0}: {1} to {2} {3}',
      pinName(pin),
      shortOid(pin.commit),
      shortOid(found.commit),
      subject,
    ),
    vscode.l10n.t('Enter moves the pin and the ticked worktrees'),
  );
  if (chosen !== undefined) {
    const moved = await put(app, model, pin.name, { ...found, follows: pin.follows }, pin);
    await bringOrSay(app, { model, pin: moved }, chosen);
  }
}

/** Brings the worktrees that the person ticks to a pin; called on the row of a worktree, that one. */
export async function applyPin(app: App, on: OnPin | undefined): Promise<void> {
  const target = await pickPin(app, on, vscode.l10n.t('Bring worktrees to which pin?'));
  if (target === undefined) {
    return;
  }
  const chosen =
    ofRow(on) ??
    (await chooseWorktrees(
      app,
      target,
      vscode.l10n.t('Bring worktrees to the pin {0}', pinAt(target.pin)),
      vscode.l10n.t('Enter brings the ticked worktrees to it'),
    ));
  if (chosen !== undefined && chosen.length > 0) {
    await bring(app, target, chosen);
  }
}

/** Removes a pin, and touches no worktree. */
export async function removePin(app: App, on: OnPin | undefined): Promise<void> {
  const target = await pickPin(app, on, vscode.l10n.t('Remove which pin?'));
  if (target === undefined) {
    return;
  }
  const { model, pin } = target;
  const isSure = await app.dialogs.confirm({
    message: vscode.l10n.t('Remove the pin {0}?', pinAt(pin)),
    detail: vscode.l10n.t(
      'No worktree or branch changes. After that, git may delete the commit if it is on no branch.',
    ),
    action: vscode.l10n.t('Remove Pin'),
  });
  if (isSure) {
    await app.own.write(model.worktree, async ({ leases }) =>
      removePinFrom(model.worktree, await openGuard(model.worktree, { leases }), pin),
    );
    app.log.info(`Pin ${pin.name} at ${pin.commit} was removed.`);
    await app.repositories.reload();
  }
}

function ofRow(on: OnPin | undefined): readonly Chosen[] | undefined {
  if (!(on instanceof WorktreeNode)) {
    return undefined;
  }
  const { model, summary } = on;
  return [{ model, key: summary.key, name: inert(path.basename(summary.root)) }];
}

/** The name under which it is pinned. That of a pin that is there already moves that pin, and says so. */
function nameFor(
  app: App,
  { own }: RepositoryModel,
  pins: readonly Pin[],
  found: Found,
): Promise<string | undefined> {
  return app.dialogs.text({
    title: vscode.l10n.t('Pin {0} at {1}', inertLine(found.source, 60), shortOid(found.commit)),
    prompt: vscode.l10n.t('Name of the pin'),
    value: defaultPinName(found),
    remark: (name) => {
      if (name.trim() === '') {
        return vscode.l10n.t('Type a name.');
      }
      if (Array.from(name).length > longestName) {
        return vscode.l10n.t('A name has {0} characters at most.', longestName);
      }
      const earlier = pins.find((pin) => pin.name === name);
      return earlier === undefined
        ? undefined
        : {
            message: vscode.l10n.t(
              'That moves the pin {0}, which was set by {1}.',
              pinAt(earlier),
              setterName(earlier, own),
            ),
            severity: vscode.InputBoxValidationSeverity.Warning,
          };
    },
  });
}

/** Sets the pin, unless it was set by another session since it was shown. */
async function put(
  app: App,
  { worktree }: RepositoryModel,
  name: string,
  { commit, source, ref, remote, follows }: Found,
  earlier: Pin | undefined,
): Promise<Pin> {
  const pin = await app.own.write(worktree, async ({ session, agent, leases }) =>
    setPin(
      worktree,
      await openGuard(worktree, { leases }),
      { name, commit, source, ref, remote, session, agent, follows },
      { version: earlier?.version },
    ),
  );
  app.log.info(
    `Pin ${name}: ${earlier === undefined ? '' : `${earlier.commit} -> `}${commit}, from ${source}`,
  );
  await app.repositories.reload();
  return pin;
}

async function bringOrSay(app: App, target: PinTarget, chosen: readonly Chosen[]): Promise<void> {
  if (chosen.length > 0) {
    await bring(app, target, chosen);
    return;
  }
  void app.dialogs.tell(vscode.l10n.t('The pin {0} is set. No worktree was changed.', pinAt(target.pin)));
}
