import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The history of the demo project: what each commit writes. */
const commits = [
  {
    message: 'Start: parcels and their states',
    files: {
      'README.md':
        '# Parcels\n\nTracks parcels from the counter to the door.\n\n    npm test\n    npm start -- --port 8080\n',
      'package.json': `${JSON.stringify({ name: 'parcels', version: '0.3.0', type: 'module', scripts: { test: 'node --test' } }, undefined, 2)}\n`,
      '.gitignore': 'node_modules/\ncoverage/\n.env\n',
      'src/parcel.ts': `export type State = 'announced' | 'collected' | 'in_transit' | 'delivered';

export interface Parcel {
  readonly id: string;
  readonly state: State;
  readonly grams: number;
  readonly postcode: string;
}

export function isDone(parcel: Parcel): boolean {
  return parcel.state === 'delivered';
}
`,
    },
  },
  {
    message: 'Rates by weight',
    files: {
      'src/rates.ts': `/** The price of a parcel in cents. */
export function rate(grams: number): number {
  if (grams <= 500) {
    return 390;
  }
  return grams <= 2000 ? 549 : 1049;
}
`,
      'test/rates.test.ts': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rate } from '../src/rates.ts';

test('small parcels', () => {
  assert.equal(rate(500), 390);
});
`,
    },
  },
  {
    message: 'A server that tells where a parcel is',
    files: {
      'src/server.ts': `import { createServer } from 'node:http';
import type { Parcel } from './parcel.ts';

export function serve(parcels: ReadonlyMap<string, Parcel>, port: number): void {
  createServer((request, response) => {
    const parcel = parcels.get((request.url ?? '').slice(1));
    response.statusCode = parcel === undefined ? 404 : 200;
    response.end(JSON.stringify(parcel ?? { error: 'unknown parcel' }));
  }).listen(port);
}
`,
      'src/labels.ts': `import type { Parcel } from './parcel.ts';

export function label(parcel: Parcel): string {
  return [parcel.id, parcel.postcode].join('\\n');
}
`,
    },
  },
  {
    message: 'Changelog',
    files: { 'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\n' },
  },
];

/** Makes the demo project with its history and a remote that has all of it. Returns { folder, remote }. */
export function makeProject() {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'belay-demo-')));
  const folder = path.join(base, 'parcels');
  const remote = path.join(base, 'parcels.git');
  mkdirSync(folder);
  git(base, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'config', 'user.name', 'Robin Example');
  git(folder, 'config', 'user.email', 'robin@example.com');
  git(folder, 'config', 'commit.gpgSign', 'false');
  for (const { message, files } of commits) {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '--message', message);
  }
  git(folder, 'remote', 'add', 'origin', remote);
  git(folder, 'push', '--quiet', '--set-upstream', 'origin', 'main');
  return { base, folder, remote };
}

export function git(cwd, ...args) {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    maxBuffer: 1 << 26,
  }).trim();
}
