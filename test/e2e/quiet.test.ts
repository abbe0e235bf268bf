import assert from 'node:assert/strict';
import { GitRecorder } from '../support/git-recorder';
import { EditorPage } from '../support/editorPage';
import { builtIn } from '../support/editors';
import { EditorServer } from '../support/editorServer';
import { Diverged } from './diverged';
import { setBack } from './harbor';

/**
 * Belay asks git when something has happened, and not because time goes by: views look by themselves who gives signs of life,
 * which takes no git. Here they look twice a second instead of twice a minute, and each look shows in a row.
 */
describe('a window in which nothing happens', () => {
  let repo: Diverged;
  let recorder: GitRecorder;
  let server: EditorServer;
  let editor: EditorPage;
  let hours = 0;

  before(async () => {
    repo = Diverged.create('harbor');
    const token = await repo.start('night');
    await repo.save('night', token);
    recorder = new GitRecorder();
    // A server of its own: nobody could click rows that are drawn twice a second, and its git is watched.
    server = await EditorServer.start({
      builtIn,
      env: { PATH: recorder.path, BELAY_INTERVAL_MS: '500' },
    });
    editor = await EditorPage.open(server, repo.workspace.folder, { width: 1500, height: 1000 });
    await editor.focusView('Sessions');
    await editor.treeRow('Sessions', 'night');
  });

  after(async () => {
    await editor.close();
    await server.stop();
    recorder.remove();
    repo.remove();
  });

  const ours = () => recorder.calls().filter((call) => call.ours);

  /** Waits until the views have looked again, by the age of a session's last sign of life: nothing else tells of it. */
  async function look(): Promise<void> {
    // A day ago reads otherwise.
    const next = (hours % 20) + 1;
    setBack(repo.workspace.at('.git/belay/heartbeats/session-night'), (next - hours) * 60);
    hours = next;
    const told = new RegExp(`^Session night, .*silent: last heartbeat ${hours}h ago`);
    await editor.waitFor(`the row of the session, ${hours} h after its sign of life`, async () =>
      (await editor.spokenRows('Sessions')).some((spoken) => told.test(spoken)),
    );
  }

  /** Three looks without git, once all that is on show has been read: that is so when one look went by without. */
  async function assertPeace(): Promise<void> {
    await editor.waitFor('a look without git', async () => {
      const before = ours().length;
      await look();
      return before > 0 && ours().length === before;
    });
    const before = ours().length;
    for (let looks = 0; looks < 3; looks += 1) {
      await look();
    }
    assert.deepEqual(ours().slice(before), []);
  }

  it('runs no git', async () => {
    await editor.expand('Sessions', 'night');
    await assertPeace();
  });

  it('leaves git in peace while somebody holds a session and a worktree', async () => {
    await repo.workspace.belay(['lease', 'claim', 'worktree/main', '--owner', 'mover', '--agent', 'cursor']);
    await editor.treeRow('Worktrees', 'held by mover');
    await assertPeace();
  });

  it('leaves git and the network in peace with an upstream that has moved on', async () => {
    repo.push({ 'src/berths.ts': 'export const berths = 12;\n' }, 'Twelve berths');
    await assertPeace();
    assert.deepEqual(
      ours().filter(({ args }) => /\b(?:fetch|ls-remote|push|clone)\b/.test(args)),
      [],
    );
  });

  it('leaves git in peace with a pin and four worktrees on show', async () => {
    const { workspace } = repo;
    await workspace.belay(['pin', 'set', 'main', 'origin/main', '--fetch']);
    const folder = `${workspace.base}/harbor-agent-{n}`;
    await workspace.belay([
      ...['worktree', 'add', folder, '--branch', 'agent-{n}', '--pin', 'main', '--count', '3'],
    ]);
    await editor.waitFor(
      'three worktrees on the pin',
      async () =>
        (await editor.treeRows('Worktrees')).filter((row) => /^harbor-agent-\d on the pin /.test(row))
          .length === 3,
    );
    await assertPeace();
  });

  it('leaves git in peace with the Agents view open', async () => {
    await editor.focusView('Agents');
    await editor.treeRow('Agents', 'Codex');
    await assertPeace();
  });
});
