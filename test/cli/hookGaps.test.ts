import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { bash, gaps, log, startHook } from '../agents/support';
import { belay, json } from '../support/cli';
import { waitUntil } from '../support/processes';
import { inRepo, type TestRepo } from '../support/repo';

const report = v.object({
  mended: v.array(v.string()),
  findings: v.array(
    v.object({
      kind: v.string(),
      level: v.picklist(['ok', 'note', 'problem']),
      message: v.string(),
      mend: v.nullable(v.string()),
    }),
  ),
});

interface Report {
  readonly level: string;
  readonly message: string;
  readonly mend: string | null;
}

describe('belay doctor names the gaps that hooks have left', () => {
  it(
    'none, those of hooks that are gone by why, not those of hooks that run; and closes them',
    inRepo(async (repo) => {
      await repo.checkpoint();
      assert.deepEqual(levels(found(repo)), ['ok']);

      repo.git('config', 'filter.slow.clean', 'sleep 3; cat');
      repo.write('.gitattributes', '*.slow filter=slow\n');
      repo.write('x.slow', 'slow\n');
      const running = startHook(bash(repo, 'PostToolUse', 'make'));
      assert.ok(await waitUntil(() => (gaps(repo).length > 0 ? true : undefined)));
      // It must not end by itself while a busy machine looks.
      running.child.kill('SIGSTOP');
      assert.deepEqual(levels(found(repo)), ['ok'], 'that one may still cover them');
      running.child.kill('SIGKILL');
      await running.over;
      const [interrupted, ...others] = found(repo);
      assert.deepEqual(others, []);
      assert.match(
        interrupted?.message ?? '',
        /^A hook of an agent has not covered the files here: it was ended, or took longer than belay\.hookTimeout/,
      );
      assert.equal(interrupted?.mend, 'belay doctor --fix');

      repo.git('config', 'filter.slow.clean', 'cat');
      fs.writeFileSync(path.join(repo.commonDir, 'belay', 'agents', 'gaps', 'main', 'x'), 'git_timeout\n');
      fs.writeFileSync(
        path.join(repo.commonDir, 'belay', 'agents', 'gaps', 'main', 'y'),
        '../../odd \u001b[31m',
      );
      assert.deepEqual(
        found(repo)
          .map(({ message }) => /here: ([^.]+)/.exec(message)?.[1] ?? message)
          .sort(),
        ['git_timeout', 'it was ended, or took longer than belay', 'of something unexpected'],
      );

      const mended = json(report, belay(repo, ['doctor', '--fix', '--json']));
      assert.ok(mended.mended.some((line) => /^Covered with [0-9a-f]{10} what hooks/.test(line)));
      assert.deepEqual(gaps(repo), []);
      assert.deepEqual(levels(found(repo)), ['ok']);
      const [latest] = await log(repo);
      assert.ok(latest);
      assert.deepEqual(repo.treeEntries(latest.oid), repo.diskEntries());
    }),
  );
});

function found(repo: TestRepo): Report[] {
  return json(report, belay(repo, ['doctor', '--json'])).findings.filter(({ kind }) => kind === 'hook_gap');
}

function levels(findings: readonly Report[]): string[] {
  return findings.map(({ level }) => level);
}
