import fs from 'node:fs';
import path from 'node:path';
import { programs } from './programs/all';
import type { AgentProgram } from './programs/program';
import { scenarios } from './scenarios';
import { pathWithoutNode } from './support/barePath';
import { assertSame, shown, type Shown } from './support/compare';
import { connect, type Installation } from './support/connection';
import { eachAgent } from './support/each';
import { given, interpreterOf } from './support/installed';
import { whyNotReadOnly, withReadOnly } from './support/readOnly';
import { onStage, type RunOptions, type Stage } from './support/stage';

/** How Belay cannot do its work. */
interface Absence {
  readonly title: string;
  /** Part of what fits into npm test. */
  readonly small: boolean;
  readonly why?: () => string | undefined;
  /** Takes something away, and says how the agent is started then. */
  readonly take: (stage: Stage, installation: Installation, program: AgentProgram) => RunOptions;
}

function remove(folder: string): RunOptions {
  fs.rmSync(folder, { recursive: true, force: true });
  return {};
}

const absences: readonly Absence[] = [
  {
    title: 'its folder in the home is gone',
    small: true,
    take: ({ home }) => remove(path.join(home, '.belay')),
  },
  { title: 'it is uninstalled', small: false, take: (_, { dist }) => remove(dist) },
  {
    title: 'there is no Node any more',
    small: false,
    take: (stage, { node }, program) => {
      remove(node);
      return { env: { PATH: pathWithoutNode(stage) }, within: interpreterOf(program) };
    },
  },
  {
    title: 'the git dir is read-only',
    small: true,
    why: () => whyNotReadOnly(path.resolve('.')),
    take: ({ repo }) => ({ within: withReadOnly(repo.gitDir) }),
  },
  {
    title: 'the whole repository is read-only',
    small: false,
    why: () => whyNotReadOnly(path.resolve('.')),
    take: ({ repo }) => ({ within: withReadOnly(repo.folder) }),
  },
];

/** An installation of its own, which may be taken away. */
function install({ repo }: Stage): Installation {
  const [node, dist] = [path.join(repo.base, 'node'), path.join(repo.base, 'belay')];
  fs.copyFileSync(process.execPath, node);
  fs.mkdirSync(dist);
  for (const file of ['cli.js', 'hook.js']) {
    fs.copyFileSync(path.resolve('dist', file), path.join(dist, file));
  }
  return { node, dist };
}

async function run(program: AgentProgram, { take }: Absence, connected: boolean): Promise<Shown> {
  const results: Shown[] = [];
  await onStage(async (stage) => {
    const installation = install(stage);
    if (connected) {
      await connect(stage, [program], { from: installation });
    } else {
      await stage.prepare(program);
    }
    const options = take(stage, installation, program);
    results.push(shown(stage, [await stage.perform(program, 'a', scenarios.shell('a'), options)]));
  });
  const [result] = results;
  if (result === undefined) {
    throw new Error('It did not run.');
  }
  return result;
}

describe('a real agent that was connected to Belay', () => {
  eachAgent(programs, (program) => {
    for (const absence of absences.filter(({ small }) => small || given.all)) {
      const why = absence.why?.();
      if (why !== undefined) {
        it(`${absence.title}: skipped, ${why}`);
        continue;
      }
      it(`runs as if it had never been when ${absence.title}`, async () => {
        assertSame(await run(program, absence, true), await run(program, absence, false));
      });
    }
  });
});
