import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { hookCommand, hookProgram } from '../../src/agents/hookCommand';
import {
  freshenHookProgram,
  hookProgramWorks,
  planHookProgram,
  writeHookProgram,
  type HookTarget,
} from '../../src/connect/hookLauncher';
import { inRepo, type TestRepo } from '../support/repo';
import { asAgent, personOf, reasonOf, connect } from './support';

const silence = { code: 0, out: '', err: '' };

/** A program that says how it was called, and by whom. */
function speaking(repo: TestRepo, name = 'speaks'): HookTarget {
  const script = path.join(repo.base, `${name}.js`);
  fs.writeFileSync(
    script,
    `process.stdout.write(JSON.stringify([${JSON.stringify(name)}, process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE ?? null, process.ppid])); process.stderr.write('noise');`,
  );
  return { executable: process.execPath, script };
}

function said(text: string): unknown[] {
  return v.parse(v.array(v.unknown()), JSON.parse(text));
}

async function write(home: string, own: HookTarget): Promise<void> {
  const change = await planHookProgram(home, own);
  assert.ok(change);
  await writeHookProgram(change);
}

function call(home: string, more: { readonly path?: string } = {}): ReturnType<typeof asAgent> {
  return asAgent(['/bin/sh'], hookCommand('copilot', 'preToolUse'), { home, input: '{}', ...more });
}

describe('the program that hooks call', () => {
  for (const name of ['home', 'a home with spaces', `it's "quoted" $HOME \`x\` \\ home`]) {
    it(
      `runs the script with the given executable, from ${name}`,
      inRepo(async (repo) => {
        const { home } = personOf(repo, {}, name);
        await write(home, speaking(repo, `it's "a" $script`));
        assert.equal(fs.statSync(hookProgram(home)).mode & 0o777, 0o755);
        // Every system's shell, and the one that copilot uses.
        for (const shell of [['/bin/sh'], ['/bin/bash', '--norc', '--noprofile'], ['/bin/bash', '--posix']]) {
          const ended = asAgent(shell, hookCommand('copilot', 'preToolUse'), { home, input: '{}' });
          assert.deepEqual([ended.code, ended.err], [0, '']);
          assert.deepEqual(said(ended.out).slice(0, 3), [`it's "a" $script`, ['copilot', 'preToolUse'], '1']);
        }
        assert.equal(await hookProgramWorks(home), true);
      }),
    );
  }

  it(
    'no process stands between the agent’s shell and the hook',
    inRepo(async (repo) => {
      const { home } = personOf(repo);
      await write(home, speaking(repo));
      const ended = asAgent(['/bin/sh'], `echo $$; ${hookCommand('codex')}`, { home, input: '' });
      const [shell, line = ''] = ended.out.split('\n');
      assert.equal(String(said(line)[3]), shell);
    }),
  );

  it(
    'falls back to the node on PATH, and is silent without one',
    inRepo(async (repo) => {
      const { home } = personOf(repo);
      await write(home, { ...speaking(repo), executable: path.join(repo.base, 'gone') });
      const bin = path.join(repo.base, 'bin');
      fs.mkdirSync(bin);
      assert.deepEqual(call(home, { path: bin }), silence);
      fs.symlinkSync(process.execPath, path.join(bin, 'node'));
      const ended = call(home, { path: bin });
      assert.deepEqual(
        [ended.code, said(ended.out).slice(0, 3)],
        [0, ['speaks', ['copilot', 'preToolUse'], null]],
      );
    }),
  );

  it(
    'is silent and ends well, whatever is missing or broken',
    inRepo(async (repo) => {
      const { home } = personOf(repo);
      const own = speaking(repo);
      assert.deepEqual(call(home), silence, 'no program');
      await write(home, own);
      fs.rmSync(own.script);
      assert.deepEqual(call(home), silence, 'no script');
      assert.equal(await hookProgramWorks(home), false);
      fs.writeFileSync(own.script, 'this is no program');
      assert.deepEqual(call(home), silence, 'a broken script');
      const broken = path.join(repo.base, 'broken');
      fs.writeFileSync(broken, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]), { mode: 0o755 });
      fs.rmSync(hookProgram(home));
      await write(home, { ...own, executable: broken });
      assert.deepEqual(call(home), silence, 'a broken executable');
      fs.writeFileSync(hookProgram(home), '');
      assert.deepEqual(call(home), silence, 'an empty program');
      fs.rmSync(path.join(home, '.belay'), { recursive: true });
      fs.writeFileSync(path.join(home, '.belay'), '');
      assert.deepEqual(call(home), silence, 'a file in the folder’s place');
    }),
  );

  it(
    'several installations share it: the latest first, and the next one when it is gone',
    inRepo(async (repo) => {
      const { home } = personOf(repo);
      const [first, second, third] = [
        speaking(repo, 'first'),
        speaking(repo, 'second'),
        speaking(repo, 'third'),
      ];
      const says = (): unknown => said(call(home).out)[0];
      await write(home, first);
      await write(home, second);
      assert.equal(says(), 'second');
      // Both are known: neither writes against the other.
      const text = fs.readFileSync(hookProgram(home), 'utf8');
      await freshenHookProgram(home, first);
      await freshenHookProgram(home, second);
      assert.equal(fs.readFileSync(hookProgram(home), 'utf8'), text);
      fs.rmSync(second.script);
      assert.equal(says(), 'first');
      await freshenHookProgram(home, third);
      assert.equal(says(), 'third');
      assert.doesNotMatch(fs.readFileSync(hookProgram(home), 'utf8'), /second/);
      assert.equal(await planHookProgram(home, third), undefined);
    }),
  );

  it(
    'is not made for who never connected anything',
    inRepo(async (repo) => {
      const { home } = personOf(repo);
      await freshenHookProgram(home, speaking(repo));
      assert.deepEqual(fs.readdirSync(home), []);
    }),
  );

  it(
    'a home that refuses it: nothing is connected, and the reason says so',
    inRepo(async (repo) => {
      const personal = personOf(repo);
      fs.writeFileSync(path.join(personal.home, '.belay'), 'in the way');
      const before = fs.readdirSync(repo.folder);
      assert.equal(await reasonOf(connect(repo, personal, ['claude-code'])), 'config_not_written');
      assert.deepEqual(fs.readdirSync(repo.folder), before);
    }),
  );

  it(
    'gemini puts variables into a command by itself: it still leads to the program',
    inRepo(async (repo) => {
      const { home } = personOf(repo, {}, 'a home with spaces');
      await write(home, speaking(repo));
      const command = hookCommand('gemini').replaceAll(/\$(?:(\w+)|\{([^}]+)\})/g, () => home);
      const ended = asAgent(['/bin/bash'], command, { home, input: '{}' });
      assert.deepEqual(said(ended.out).slice(0, 2), ['speaks', ['gemini']]);
      fs.rmSync(hookProgram(home));
      assert.deepEqual(asAgent(['/bin/bash'], command, { home, input: '{}' }), silence);
    }),
  );
});
