import fs from 'node:fs';
import path from 'node:path';
import type { Stage } from './stage';

const without = new Set(['node', 'nodejs', 'npm', 'npx', 'corepack']);

/** A folder that has what PATH has, but for Node. */
export function pathWithoutNode({ repo }: Stage): string {
  const folder = path.join(repo.base, 'programs');
  fs.mkdirSync(folder);
  const known = new Set(without);
  for (const from of (process.env['PATH'] ?? '').split(path.delimiter)) {
    for (const name of fs.existsSync(from) ? fs.readdirSync(from) : []) {
      if (!known.has(name)) {
        known.add(name);
        fs.symlinkSync(path.join(from, name), path.join(folder, name));
      }
    }
  }
  return folder;
}
