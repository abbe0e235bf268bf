import assert from 'node:assert/strict';
import {
  loadShell,
  type ParseShell,
  type Step,
  type Streams,
  type Word,
} from '../../../src/agents/shell/words';

/** A word as it was meant: variables by their name, substitutions by what they run. */
function written(word: Word): string {
  return word
    .map((part) => {
      switch (part.kind) {
        case 'text':
        case 'braces':
          return part.text;
        case 'variable':
          return `<${part.name}${part.quoted ? ' quoted' : ''}${part.otherwise === undefined ? '' : ` or ${written(part.otherwise)}`}>`;
        case 'output':
          return `<run ${part.steps.map(shown).join('; ')}>`;
        case 'file':
          return `<file ${part.steps.map(shown).join('; ')}>`;
        case 'list':
          return `(${part.words.map(written).join(' ')})`;
      }
    })
    .join('');
}

function shown(step: Step): string {
  switch (step.kind) {
    case 'command': {
      const sets = step.sets.map(({ name, value }) => `${name}=${written(value)}`);
      return [...sets, ...step.words.map((word) => `[${written(word)}]`), ...streams(step)].join(' ');
    }
    case 'pipe':
      return step.stages.map(shown).join(' | ');
    case 'block': {
      const loop =
        step.loop === undefined ? '' : `${step.loop.name} in ${step.loop.words.map(written).join(' ')}: `;
      const inner = `${loop}${step.steps.map(shown).join('; ')}`;
      return [step.subshell ? `(${inner})` : `{${inner}}`, ...streams(step)].join(' ');
    }
    case 'function':
      return `${step.name}(): ${step.steps.map(shown).join('; ')}`;
  }
}

function streams({ text, from, to }: Streams): string[] {
  return [
    ...(text === undefined ? [] : [`<<${written(text)}`]),
    ...(from === undefined ? [] : [`<${written(from)}`]),
    ...(to === undefined ? [] : [`>${written(to)}`]),
  ];
}

describe('the words of a shell text', () => {
  let parse: ParseShell = () => undefined;
  before(async () => {
    parse = await loadShell();
  });

  const texts: Readonly<Record<string, string>> = {
    'git reset --hard': '[git] [reset] [--hard]',
    'g\'i\'t "re"set \\-x': '[git] [reset] [-x]',
    "$'\\x67it' a#b # comment": '[git] [a#b]',
    'A=1 B="$x" git a=b': 'A=1 B=<x quoted> [git] [a=b]',
    'x=(a "b c")': 'x=(a b c)',
    'export X=$y': '[export] [X=<y>]',
    '${x:-git} ${a[@]}': '[<x or git>] [<a>]',
    'echo "$(git log | cat)" `pwd`': '[echo] [<run [git] [log] | [cat]>] [<run [pwd]>]',
    'diff <(a) x > out 2>err': '[diff] [<file [a]>] [x] >out',
    'cat <<EOF | sh\ngit $x\nEOF': '[cat] <<git <x quoted>\n | [sh]',
    "cat <<'EOF'\ngit $x\nEOF": '[cat] <<git $x\n',
    'sh <<< "a b" < f': '[sh] <<a b <f',
    'a && b || c; d & e': '[a]; [b]; [c]; [d]; [e]',
    '(cd x; y) > z': '{([cd] [x]; [y])} >z',
    'if a; then b; elif c; then d; else e; fi': '[a]; [b]; [c]; [d]; [e]',
    'for i in 1 $x; do y; done': '{i in 1 <x>: [y]}',
    'while a; do b; done': '{[a]; [b]}',
    'case $(a) in x) b;; esac': '[a]; [b]',
    '[[ $(a) == b ]] && (( $(c) ))': '[a]; [c]',
    'f() { g "$@"; }; f x': 'f(): {[g] [<@ quoted>]}; [f] [x]',
    'a {b,c}*': '[a] [{b,c}*]',
  };
  for (const [text, meant] of Object.entries(texts)) {
    it(JSON.stringify(text), () => {
      assert.equal((parse(text)?.map(shown) ?? ['unread']).join('; '), meant);
    });
  }

  it('of one that breaks off are none, however deep', () => {
    for (const text of ['git "reset', 'if (', 'echo "$(git "', 'a $( b', 'for x in', '(((((']) {
      assert.equal(parse(text), undefined, text);
    }
    assert.doesNotThrow(() => parse('$('.repeat(5_000)));
  });
});
