import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { inRepo, type TestRepo } from '../../support/repo';
import { assertNowhere, fateOf, moments, sources, type Fate } from './scenes';

/** One way in which a file comes to be ignored, or not: what happens before each checkpoint, and what it makes of the file. */
interface Row {
  readonly name: string;
  readonly secret: string;
  readonly steps: readonly (readonly [((repo: TestRepo) => void) | undefined, Fate])[];
}

const secret = 'deep/secret.env';

function commitRules(repo: TestRepo): void {
  repo.write('.gitignore', '*.env\n');
  repo.git('add', '.gitignore');
  repo.git('commit', '--quiet', '--message=Rules');
}

function configure(name: string): (repo: TestRepo) => void {
  return (repo) => {
    fs.writeFileSync(path.join(repo.base, 'one'), '*.env\n');
    fs.writeFileSync(path.join(repo.base, 'other'), '*.log\n');
    repo.git('config', 'core.excludesFile', path.join(repo.base, name));
  };
}

const special: readonly Row[] = [
  {
    name: 'a switch to a branch without the ignore file, and back',
    secret,
    steps: [
      [commitRules, 'out'],
      [(repo) => repo.git('switch', '--quiet', '--detach', 'HEAD~1'), 'gap'],
      [undefined, 'gap'],
      [(repo) => repo.git('switch', '--quiet', 'main'), 'out'],
    ],
  },
  {
    name: 'git rm -rf . and back',
    secret,
    steps: [
      [commitRules, 'out'],
      [(repo) => repo.git('rm', '-rf', '--quiet', '.'), 'gap'],
      [(repo) => repo.git('reset', '--quiet', '--hard'), 'out'],
    ],
  },
  {
    name: 'an ignore file that is renamed',
    secret,
    steps: [
      [commitRules, 'out'],
      [(repo) => repo.git('mv', '.gitignore', 'gitignore.txt'), 'gap'],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'an ignore file that a link replaces',
    secret,
    steps: [
      [commitRules, 'out'],
      [
        (repo) => {
          repo.write('rules', 'other\n');
          repo.remove('.gitignore');
          fs.symlinkSync('rules', repo.at('.gitignore'));
        },
        'gap',
      ],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'an ignore file that a folder replaces',
    secret,
    steps: [
      [commitRules, 'out'],
      [
        (repo) => {
          repo.remove('.gitignore');
          repo.write('.gitignore/inside', 'x');
        },
        'gap',
      ],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'a file that a rule lets in again stays in while the rules are away',
    secret: 'keep.env',
    steps: [
      [
        (repo) => {
          repo.write('.gitignore', '*.env\n!keep.env\n');
        },
        'in',
      ],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'in',
      ],
      [undefined, 'in'],
    ],
  },
  {
    name: 'what one file let in again, and went before the file that ignores',
    secret: 'sub/keep.env',
    steps: [
      [
        (repo) => {
          repo.write('.gitignore', '*.env\n');
          repo.write('sub/.gitignore', '!keep.env\n');
        },
        'in',
      ],
      [
        (repo) => {
          repo.remove('sub/.gitignore');
        },
        'gap',
      ],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'gap',
      ],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'core.excludesFile set to another file, and back',
    secret,
    steps: [
      [configure('one'), 'out'],
      [configure('other'), 'gap'],
      [undefined, 'gap'],
      [configure('one'), 'out'],
    ],
  },
  {
    name: 'core.excludesFile set later',
    secret,
    steps: [
      [undefined, 'in'],
      [configure('one'), 'gap'],
      [(repo) => repo.git('config', '--unset', 'core.excludesFile'), 'gap'],
    ],
  },
  {
    name: 'names that differ in case only',
    secret: 'deep/SECRET.Env',
    steps: [
      [
        (repo) => {
          repo.git('config', 'core.ignoreCase', 'true');
          repo.write('.gitignore', 'secret.env\n');
        },
        'out',
      ],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'gap',
      ],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'what git tracks is in, whatever the rules say',
    secret,
    steps: [
      [
        (repo) => {
          commitRules(repo);
          repo.git('add', '--force', secret);
        },
        'in',
      ],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'in',
      ],
      [(repo) => repo.git('checkout', '--', '.gitignore'), 'in'],
    ],
  },
  {
    name: 'what git tracks no longer leaves',
    secret,
    steps: [
      [
        (repo) => {
          commitRules(repo);
          repo.git('add', '--force', secret);
        },
        'in',
      ],
      [(repo) => repo.git('rm', '--quiet', '--force', '--cached', secret), 'gap'],
      [undefined, 'gap'],
    ],
  },
  {
    name: 'what git comes to track while the rules are away',
    secret,
    steps: [
      [commitRules, 'out'],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'gap',
      ],
      [(repo) => repo.git('add', '--force', secret), 'in'],
    ],
  },
  {
    name: 'committed, taken out of the index and ignored before the first checkpoint',
    secret,
    steps: [
      [
        (repo) => {
          repo.git('add', secret);
          repo.git('commit', '--quiet', '--message=Secret');
          repo.git('rm', '--quiet', '--cached', secret);
          repo.write('.gitignore', '*.env\n');
        },
        'gap',
      ],
      [undefined, 'gap'],
      [
        (repo) => {
          repo.remove('.gitignore');
        },
        'gap',
      ],
    ],
  },
  {
    name: 'the private index and all that is kept beside it lost',
    secret: 'venv/secret.env',
    steps: [
      [
        (repo) => {
          repo.write('venv/.gitignore', '*\n');
        },
        'out',
      ],
      [
        (repo) => {
          repo.remove('venv/.gitignore');
          fs.rmSync(path.join(repo.commonDir, 'belay'), { recursive: true });
        },
        'gap',
      ],
      [undefined, 'gap'],
    ],
  },
];

/** The moments that hold the others, in short runs. */
const short = ['between two checkpoints', 'away, then back without the rule'];
const all = process.env['BELAY_TEST_SIZE'] === 'long';

const rows: readonly Row[] = [
  ...sources.flatMap((source) =>
    moments
      .filter(({ name }) => all || short.includes(name))
      .map(({ name, steps }): Row => ({
        name: `${source.name}, ${name}`,
        secret: source.secret,
        steps: steps.map(([what, fate]) => [what === 'leave' ? undefined : source[what], fate]),
      })),
  ),
  ...special,
];

describe('what is ignored stays out', function () {
  this.timeout(60_000);

  for (const { name, secret: file, steps } of rows) {
    it(
      name,
      inRepo(async (repo) => {
        for (const [index, [act, expected]] of steps.entries()) {
          const content = `the secret before checkpoint ${index + 1}\n`;
          repo.write(file, content);
          act?.(repo);
          const fate = fateOf(repo, await repo.checkpoint(), file);
          assert.equal(fate, expected, `checkpoint ${index + 1}`);
          if (expected !== 'in' && index > 0) {
            assertNowhere(repo, content, `checkpoint ${index + 1}`);
          }
        }
      }),
    );
  }
});
