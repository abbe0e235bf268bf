import assert from 'node:assert/strict';
import * as v from 'valibot';
import * as vscode from 'vscode';

const Manifest = v.object({
  name: v.literal('belay'),
  contributes: v.object({ commands: v.array(v.object({ command: v.string() })) }),
});

describe('the extension in its host', () => {
  const extension = vscode.extensions.all.find((one) => v.is(Manifest, one.packageJSON));

  it('is there', () => {
    assert.ok(extension);
  });

  it('activates', async () => {
    const before = extension?.isActive;
    const began = performance.now();
    await extension?.activate();
    const ms = (performance.now() - began).toFixed(1);
    console.log(
      `${process.env['BELAY_HOST_PREFIX'] ?? ''}      ${before === true ? 'had been activated by VS Code itself' : `activated in ${ms} ms`}`,
    );
    assert.equal(extension?.isActive, true);
  });

  it('registers each command that its manifest contributes', async () => {
    const manifest = v.parse(Manifest, extension?.packageJSON);
    const registered = await vscode.commands.getCommands(true);
    const missing = manifest.contributes.commands
      .map(({ command }) => command)
      .filter((id) => !registered.includes(id));
    assert.deepEqual(missing, []);
  });

  it('has the repository of this run open', () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    assert.equal(folder, process.env['BELAY_HOST_REPO']);
  });
});
