import { access } from 'node:fs/promises';
import * as v from 'valibot';
import { isMissing } from '../git/diskErrors';
import { plainText, replaceFile } from './configFile';
import { hookProgram } from '../agents/hookCommand';
import type { ProgramChange } from './connectionModel';

/** What the hook program runs. */
export interface HookTarget {
  /** A Node, or an editor's program that is one with ELECTRON_RUN_AS_NODE; absolute. */
  readonly executable: string;
  /** The bundle that hooks run; absolute. */
  readonly script: string;
}

/** So many installations of Belay share one home's hook program, the latest first; where one is gone the next one serves. */
const shared = 4;

const target = v.pipe(v.string(), v.parseJson(), v.object({ executable: v.string(), script: v.string() }));

const marker = '# runs: ';

/**
 * The hook program. It takes the first installation that is there, runs its script with its own executable, else with the
 * `node` on PATH, by `exec`, so that no process stands between the agent and the hook; and it is silent, whatever is missing.
 */
export function hookProgramText(targets: readonly HookTarget[]): string {
  return `#!/bin/sh
# Written by Belay. The hooks of coding agents call it; belay connect writes it anew.
${targets.map((one) => `${marker}${JSON.stringify(one)}\n`).join('')}try() {
  executable=$1
  script=$2
  shift 2
  if [ -f "$script" ]; then
    if [ -x "$executable" ]; then
      ELECTRON_RUN_AS_NODE=1 exec "$executable" "$script" "$@"
    fi
    if command -v node >/dev/null 2>&1; then
      exec node "$script" "$@"
    fi
  fi
}
exec 2>/dev/null
${targets.map(({ executable, script }) => `try ${quoted(executable)} ${quoted(script)} "$@"\n`).join('')}exit 0
`;
}

/** How the hook program is to be for this installation; undefined where it is so already. */
export async function planHookProgram(home: string, own: HookTarget): Promise<ProgramChange | undefined> {
  const file = hookProgram(home);
  const before = await plainText(file);
  const others =
    before === undefined ? [] : await existing(targetsIn(before).filter((one) => !isSame(one, own)));
  const after = hookProgramText([own, ...others].slice(0, shared));
  return before === after ? undefined : { file, before, after };
}

/** @throws when the disk refuses. */
export async function writeHookProgram({ file, after }: ProgramChange): Promise<void> {
  await replaceFile(file, after, true);
}

/**
 * Writes the hook program again, if there is one and it does not know this installation. Another installation that it
 * knows as well keeps its place, so that two of them do not write against each other.
 * @throws when the disk refuses.
 */
export async function freshenHookProgram(home: string, own: HookTarget): Promise<void> {
  const text = await plainText(hookProgram(home));
  if (text === undefined || targetsIn(text).some((one) => isSame(one, own))) {
    return;
  }
  const change = await planHookProgram(home, own);
  if (change !== undefined) {
    await writeHookProgram(change);
  }
}

/** Whether the hook program is there and leads to a script that is there. @throws when that cannot be told. */
export async function hookProgramWorks(home: string): Promise<boolean> {
  const text = await plainText(hookProgram(home));
  return text !== undefined && (await existing(targetsIn(text))).length > 0;
}

function targetsIn(text: string): HookTarget[] {
  return text.split('\n').flatMap((line) => {
    const found = v.safeParse(target, line.startsWith(marker) ? line.slice(marker.length) : '');
    return found.success ? [found.output] : [];
  });
}

async function existing(targets: readonly HookTarget[]): Promise<HookTarget[]> {
  const there = await Promise.all(targets.map(({ script }) => access(script).then(() => true, whenGone)));
  return targets.filter((_, index) => there[index]);
}

function whenGone(thrown: unknown): boolean {
  // One that may not be looked at by this person is another's, and may be there.
  return !isMissing(thrown);
}

function isSame(a: HookTarget, b: HookTarget): boolean {
  return a.executable === b.executable && a.script === b.script;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
