import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { CheckpointResult } from '../../../src/checkpoint/checkpoint';
import { isWithin } from '../../../src/checkpoint/ignoreRecord';
import type { TestRepo } from '../../support/repo';

/** What a checkpoint makes of a file: it holds it, leaves it out and says so, or leaves it out as git does. */
export type Fate = 'in' | 'gap' | 'out';

/** One place where ignore rules stand, and a file that they are about. */
export interface Source {
  readonly name: string;
  readonly secret: string;
  readonly put: (repo: TestRepo) => void;
  readonly away: (repo: TestRepo) => void;
  /** There, without the rule. */
  readonly without: (repo: TestRepo) => void;
}

function ignoreFile(name: string, file: string, secret: string, rule: string): Source {
  return {
    name,
    secret,
    put: (repo) => {
      repo.write(file, `# rules\n${rule}\n`);
    },
    away: (repo) => {
      repo.remove(file);
    },
    without: (repo) => {
      repo.write(file, 'something-else\n');
    },
  };
}

function outside(name: string, fileOf: (repo: TestRepo) => string, tell?: (repo: TestRepo) => void): Source {
  const write = (repo: TestRepo, text: string): void => {
    fs.mkdirSync(path.dirname(fileOf(repo)), { recursive: true });
    fs.writeFileSync(fileOf(repo), text);
    tell?.(repo);
  };
  return {
    name,
    secret: 'deep/er/secret.env',
    put: (repo) => {
      write(repo, '*.env\n');
    },
    away: (repo) => {
      fs.rmSync(fileOf(repo), { force: true });
    },
    without: (repo) => {
      write(repo, 'something-else\n');
    },
  };
}

export const sources: readonly Source[] = [
  ignoreFile('.gitignore', '.gitignore', 'deep/secret.env', '*.env'),
  ignoreFile('a nested .gitignore', 'sub/.gitignore', 'sub/deep/secret.env', 'secret.*'),
  ignoreFile('a folder that ignores itself', 'venv/.gitignore', 'venv/lib/secret.env', '*'),
  ignoreFile('a rule for a folder', '.gitignore', 'private/deep/secret.env', '/private/'),
  outside('info/exclude', (repo) => path.join(repo.commonDir, 'info', 'exclude')),
  outside(
    'core.excludesFile',
    (repo) => path.join(repo.base, 'excludes'),
    (repo) => {
      repo.git('config', 'core.excludesFile', path.join(repo.base, 'excludes'));
    },
  ),
];

/** What becomes of a source before each checkpoint, and what each of them is to make of the file. */
export interface Moment {
  readonly name: string;
  readonly steps: readonly (readonly ['put' | 'away' | 'without' | 'leave', Fate])[];
}

export const moments: readonly Moment[] = [
  {
    name: 'before the first checkpoint',
    steps: [
      ['put', 'out'],
      ['leave', 'out'],
      ['leave', 'out'],
    ],
  },
  {
    name: 'between two checkpoints',
    steps: [
      ['leave', 'in'],
      ['put', 'gap'],
      ['leave', 'gap'],
    ],
  },
  {
    name: 'away for a moment',
    steps: [
      ['put', 'out'],
      ['away', 'gap'],
      ['put', 'out'],
    ],
  },
  {
    name: 'away for good',
    steps: [
      ['put', 'out'],
      ['away', 'gap'],
      ['leave', 'gap'],
    ],
  },
  {
    name: 'away, then back without the rule',
    steps: [
      ['put', 'out'],
      ['away', 'gap'],
      ['without', 'gap'],
      ['leave', 'in'],
    ],
  },
  {
    name: 'there without the rule',
    steps: [
      ['put', 'out'],
      ['without', 'gap'],
      ['leave', 'in'],
    ],
  },
];

/** What a checkpoint made of a file. */
export function fateOf(repo: TestRepo, { checkpoint, uncovered }: CheckpointResult, name: string): Fate {
  if (repo.tryGit('cat-file', '-e', `${checkpoint.oid}:${name}`).code === 0) {
    return 'in';
  }
  const named = (gaps: CheckpointResult['uncovered']): boolean =>
    gaps.some(({ path: gap, reason }) => reason === 'ignored_before' && isWithin(name, gap));
  assert.equal(named(uncovered), named(checkpoint.uncovered), 'what is told is what is recorded');
  return named(uncovered) ? 'gap' : 'out';
}

/** That a content can be found nowhere in the repository. */
export function assertNowhere(repo: TestRepo, content: string, when: string): void {
  const oid = repo.gitBytes(['hash-object', '--stdin'], content).toString().trim();
  assert.notEqual(repo.tryGit('cat-file', '-e', oid).code, 0, `${when}: the content is stored`);
}
