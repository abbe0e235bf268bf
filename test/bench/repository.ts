import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { output } from './measure';

/** Makes a repository with so many committed files in folders of a hundred, and gives its folder. */
export async function makeRepository(files: number): Promise<string> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), `belay-bench-${files}-`));
  await output('git', ['init', '-q', '-b', 'main', folder]);
  for (const [name, value] of [
    ['user.name', 'Bench'],
    ['user.email', 'bench@example.invalid'],
    ['gc.auto', '0'],
    ['commit.gpgsign', 'false'],
  ] as const) {
    await output('git', ['config', name, value], { cwd: folder });
  }
  for (let at = 0; at < files; at += 100) {
    const sub = path.join(folder, `d${Math.floor(at / 10_000)}`, `s${Math.floor(at / 100) % 100}`);
    await fs.mkdir(sub, { recursive: true });
    const count = Math.min(100, files - at);
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        fs.writeFile(path.join(sub, `f${i}.txt`), `file ${at + i}\n`.repeat(8)),
      ),
    );
  }
  await output('git', ['add', '-A'], { cwd: folder });
  await output('git', ['commit', '-q', '-m', 'files'], { cwd: folder });
  await output('git', ['gc', '-q'], { cwd: folder });
  // The index must be older than the next edit, or every tool has to look at every file again.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await output('git', ['status'], { cwd: folder });
  return folder;
}

/** Changes three files and makes one, differently in each round. */
export async function editFour(folder: string, mark: string): Promise<string[]> {
  const names = ['d0/s0/f1.txt', 'd0/s1/f2.txt', 'd0/s2/f3.txt', 'd0/s3/new.txt'];
  await Promise.all(names.map((name) => fs.writeFile(path.join(folder, name), `edited ${mark}\n`)));
  return names;
}
