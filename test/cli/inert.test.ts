import assert from 'node:assert/strict';
import fs from 'node:fs';
import { inert, jsonText } from '../../src/inert';
import { belay } from '../support/cli';
import { inRepo } from '../support/repo';
import { printSeed, seeded, sized } from '../support/size';

const unfit = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const marks = ['\u001b[31m', '\u202e', '\u2066', '\u0007', '\r', '\u009b1m', '\u2028', '\u061c', '\u200f'];

describe('nothing unfit to be shown reaches a terminal', () => {
  printSeed();

  it('whatever the text; JSON still says the same', () => {
    const random = seeded(71);
    for (let round = 0; round < sized({ short: 300, long: 30_000 }); round += 1) {
      const text = Array.from({ length: 12 }, () =>
        random.below(3) === 0
          ? (marks[random.below(marks.length)] ?? '')
          : String.fromCodePoint(random.below(0x3000)),
      ).join('');
      assert.doesNotMatch(inert(text), unfit);
      assert.doesNotMatch(jsonText({ [text]: [text] }), unfit);
      assert.deepEqual(JSON.parse(jsonText({ [text]: [text] })), { [text]: [text] });
    }
  });

  it(
    'usage errors, refusals, names and git’s own words on the command line',
    inRepo((repo) => {
      const evil = 'x\u202e\u001b[31mevil';
      repo.git('config', 'user.name', 'a\u202eb');
      const commands = [
        [evil],
        ['checkpoint', `--${evil}`],
        ['show', evil],
        ['restore', evil, '--json'],
        ['checkpoint', '--session', 's', '--agent', evil, '--message', evil],
        ['log', '--json'],
      ];
      for (const args of commands) {
        const { out, err } = belay(repo, args);
        assert.ok(out + err !== '');
        assert.doesNotMatch(out, unfit, args.join(' '));
        assert.doesNotMatch(err, unfit, args.join(' '));
      }
    }),
  );

  it('only the doors write to a stream', () => {
    const writing = fs
      .readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) =>
        /std(?:out|err)\.write|\.stdout\s*\.on\('error'/.test(fs.readFileSync(`src/${file}`, 'utf8')),
      );
    assert.deepEqual(writing.toSorted(), [
      // What is written there goes to a hook, not to a terminal.
      'agents/opencode/opencodePlugin.ts',
      'cli/hook.ts',
      'cli/program.ts',
    ]);
    const program = fs.readFileSync('src/cli/program.ts', 'utf8');
    assert.equal(program.match(/std(?:out|err)\.write\(/g)?.length, 1, 'bytes alone go by the door');
  });
});
