import assert from 'node:assert/strict';
import { judge, type Judgement } from '../../../src/agents/shell/gitForms';
import { optionNames, readOptions } from '../../../src/agents/shell/gitOptions';
import { Random } from '../../support/random';

/** Options, short and long, that make a command drop work by themselves, and those that change nothing of that. */
interface Form {
  readonly verb: string;
  /** What stands first, as a command of the command. */
  readonly sub?: string;
  readonly harmful: readonly string[];
  readonly neutral: readonly string[];
  /** Other words that are harmless without the options. */
  readonly names: readonly string[];
}

const forms: readonly [Form, ...Form[]] = [
  { verb: 'reset', harmful: ['hard', 'merge', 'keep'], neutral: ['quiet'], names: ['HEAD'] },
  {
    verb: 'checkout',
    harmful: ['force', 'merge'],
    neutral: ['quiet', 'progress', 'detach'],
    names: ['main'],
  },
  { verb: 'switch', harmful: ['force', 'discard-changes'], neutral: ['quiet', 'detach'], names: ['main'] },
  {
    verb: 'branch',
    harmful: ['delete', 'D', 'force'],
    neutral: ['quiet', 'verbose', 'remotes'],
    names: ['x'],
  },
  { verb: 'tag', harmful: ['delete', 'force'], neutral: ['ignore-case'], names: ['v1'] },
  { verb: 'commit', harmful: ['amend'], neutral: ['all', 'quiet', 'verbose', 'signoff'], names: [] },
  {
    verb: 'push',
    harmful: ['force', 'force-with-lease', 'delete', 'mirror', 'prune'],
    neutral: ['quiet', 'verbose', 'set-upstream', 'tags'],
    names: ['origin', 'main'],
  },
  { verb: 'pull', harmful: ['force', 'rebase'], neutral: ['quiet', 'verbose', 'tags'], names: ['origin'] },
  { verb: 'merge', harmful: ['abort', 'quit'], neutral: ['quiet'], names: [] },
  { verb: 'cherry-pick', harmful: ['abort', 'skip', 'quit'], neutral: ['edit'], names: [] },
  { verb: 'worktree', sub: 'add', harmful: ['force'], neutral: ['quiet', 'lock', 'detach'], names: ['../x'] },
];

const rounds = 300;

describe('the forms of a git command that can drop work', () => {
  const seed = Number(process.env['BELAY_TEST_SEED'] ?? Date.now() % 1_000_000);

  it(`are told whatever their order, shortened, joined (seed ${seed})`, () => {
    const random = new Random(seed);
    for (let round = 0; round < rounds * forms.length; round += 1) {
      const form = forms[round % forms.length] ?? forms[0];
      const harmful = form.harmful.filter(() => random.fraction() < 0.4);
      const chosen = harmful.length > 0 ? harmful : form.harmful.slice(0, 1);
      const neutral = form.neutral.filter(() => random.fraction() < 0.5);
      const bad = called(form, [...chosen, ...neutral], random);
      assert.equal(judge(form.verb, bad), 'drops', `git ${form.verb} ${bad.join(' ')}`);
      const good = called(form, neutral, random);
      assert.notEqual(judge(form.verb, good), 'drops', `git ${form.verb} ${good.join(' ')}`);
      // After `--`, and as the value of another option, it is none.
      const [option = ''] = chosen;
      const written = option.length === 1 ? `-${option}` : `--${option}`;
      if (form.verb === 'commit') {
        assert.notEqual(judge('commit', ['-m', written, ...good]), 'drops');
        assert.notEqual(judge('commit', [...good, '--', written]), 'drops');
      }
      // What is taken back does not count.
      if (option.length > 1 && !/^(?:hard|merge|keep|abort|quit|skip|delete)$/.test(option)) {
        const undone = [...called(form, neutral, random), written, `--no-${option}`];
        assert.notEqual(judge(form.verb, undone), 'drops', undone.join(' '));
      }
    }
  });

  it(`stay harmless by -n in any cluster, and never by a value that looks like it (seed ${seed})`, () => {
    const random = new Random(seed + 1);
    for (let round = 0; round < rounds; round += 1) {
      const letters = shuffled(
        ['f', 'd', 'x'].filter(() => random.fraction() < 0.7),
        random,
      );
      const at = random.below(letters.length + 1);
      const dry = [...letters.slice(0, at), 'n', ...letters.slice(at)].join('');
      assert.equal(judge('clean', [`-${dry}`]), 'harmless', dry);
      assert.equal(judge('clean', [`-f${letters.join('')}en`]), 'drops');
      assert.equal(judge('clean', ['-f', '-e', '-n', ...letters.map((letter) => `-${letter}`)]), 'drops');
    }
  });

  it('are read by a table in which no option stands twice', () => {
    for (const { verb } of forms) {
      const names = optionNames(verb)
        .flatMap(({ short, long }) => [short, long])
        .filter((name) => name !== undefined);
      assert.deepEqual(names.length, new Set(names).size, verb);
    }
  });

  it('have their values and names told apart', () => {
    const options = readOptions('commit', ['-am', 'text', '--author=x', '-C', 'HEAD', 'a', '--', '-b']);
    assert.ok(options.has('all') && options.has('message') && !options.has('b'));
    assert.deepEqual(
      [options.value('message'), options.value('author'), options.value('reuse-message')],
      ['text', 'x', 'HEAD'],
    );
    assert.deepEqual([options.names, options.paths], [['a'], ['-b']]);
    assert.equal(readOptions('push', ['-of', 'origin']).has('force'), false);
  });

  it('of commands that are not known are said to be that', () => {
    const judged: readonly (readonly [string, Judgement])[] = [
      ['status', 'harmless'],
      ['nothing-known', 'unknown_verb'],
      ['gc', 'drops'],
    ];
    for (const [verb, judgement] of judged) {
      assert.equal(judge(verb, []), judgement);
    }
    assert.deepEqual(judge('checkout', ['src']), { unlessBranch: 'src' });
  });
});

/** A call with these options in one of the ways that git takes them. */
function called({ verb, sub, names }: Form, options: readonly string[], random: Random): string[] {
  const table = optionNames(verb);
  const cluster: string[] = [];
  const words: string[][] = names.map((name) => [name]);
  for (const name of options) {
    const option = table.find(({ short, long }) => long === name || short === name);
    assert.ok(option, `${verb} ${name}`);
    if (option.short !== undefined && option.value === 'none' && random.fraction() < 0.5) {
      cluster.push(option.short);
    } else if (option.long === undefined) {
      words.push([`-${option.short ?? ''}`]);
    } else {
      words.push([`--${shortened(option.long, table, random)}`]);
    }
  }
  if (cluster.length > 0) {
    const joined = shuffled(cluster, random);
    words.push(random.fraction() < 0.5 ? [`-${joined.join('')}`] : joined.map((letter) => `-${letter}`));
  }
  const order = shuffled(words, random).flat();
  return sub === undefined ? order : [sub, ...order];
}

/** A beginning of a long option that no other has. */
function shortened(name: string, table: ReturnType<typeof optionNames>, random: Random): string {
  const others = table.flatMap(({ long }) =>
    long === undefined || long === name ? [] : [long, `no-${long}`],
  );
  const beginnings = Array.from({ length: name.length }, (_, at) => name.slice(0, at + 1)).filter(
    (beginning) => beginning === name || !others.some((other) => other.startsWith(beginning)),
  );
  return beginnings[random.below(beginnings.length)] ?? name;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, by: random.fraction() }))
    .sort((a, b) => a.by - b.by)
    .map(({ item }) => item);
}
