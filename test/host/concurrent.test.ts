import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { api, commandLine, folder, git, log } from './belay';

const Taken = v.object({ checkpoint: v.string(), created: v.boolean(), step: v.number() });
type Taken = v.InferOutput<typeof Taken>;

const sessions = 4;
const each = 4;
const patience = 40;

/** A person in the editor and agents on the command line, at the same moment. */
describe('checkpoints in the host and from the command line at once', function () {
  this.timeout(400_000);

  /** Writes and takes checkpoints until so many are its own: another one's scan may be first to see what it wrote. */
  async function work(name: string, take: () => Promise<Taken>): Promise<Taken[]> {
    const own: Taken[] = [];
    for (let turn = 0; own.length < each && turn < patience; turn += 1) {
      await writeFile(path.join(folder(), `${name}.txt`), `${name}, turn ${turn}\n`);
      const taken = await take();
      if (taken.created) {
        own.push(taken);
      }
    }
    return own;
  }

  it('all land, with exact steps', async () => {
    const belay = await api();
    const before = (await log(belay.session)).length;
    const head = git('rev-parse', 'HEAD');
    const staged = git('ls-files', '--stage');
    const names = Array.from({ length: sessions }, (_, index) => `agent-${index}`);
    const agents = names.map((name) =>
      work(name, async () =>
        v.parse(Taken, await commandLine('checkpoint', '--session', name, '--agent', 'codex')),
      ),
    );
    const person = work('person', async () => {
      const { checkpoint, created } = await belay.takeCheckpoint();
      return { checkpoint: checkpoint.oid, created, step: checkpoint.step };
    });
    const results = await Promise.all([...agents, person]);

    const reachable = new Set(git('rev-list', '--glob=refs/belay/*').split('\n'));
    const acknowledged = results.flat();
    assert.equal(acknowledged.length, (sessions + 1) * each);
    assert.deepEqual(
      acknowledged.filter(({ checkpoint }) => !reachable.has(checkpoint)),
      [],
    );
    for (const name of names) {
      const steps = (await log(name)).map(({ step }) => step).reverse();
      assert.deepEqual(steps, [1, 2, 3, 4], name);
    }
    const steps = (await log(belay.session)).map(({ step }) => step).reverse();
    assert.deepEqual(
      steps,
      Array.from({ length: before + each }, (_, index) => index + 1),
    );
    assert.equal(git('rev-parse', 'HEAD'), head);
    assert.equal(git('ls-files', '--stage'), staged);
  });

  it('show in the view, each session with its count', async () => {
    const belay = await api();
    await belay.refresh();
    const rows = await belay.rows('sessions', 2);
    for (const name of ['agent-0', 'agent-1', 'agent-2', 'agent-3']) {
      const row = rows.find(({ label }) => label === name);
      assert.match(row?.description ?? '', /\b4 checkpoints\b/);
      assert.equal(row?.children.length, 4);
    }
  });
});
