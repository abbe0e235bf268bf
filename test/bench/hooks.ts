import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { goal, medians, ms, output, ratio, table, type Subject } from './measure';
import { editFour, makeRepository } from './repository';

/** So many git processes a checkpoint of known paths takes (seen with `strace -f -e trace=execve`). */
const gitProcesses = 8;

/** Bare Node that starts so many git processes one after the other, as a hook does, with nothing else to do. */
const onlyGit = `
  const { spawn } = require('node:child_process');
  const next = (left) => {
    if (left === 0) return;
    const child = spawn('git', ['rev-parse', 'HEAD'], { stdio: 'pipe', detached: true });
    child.stdout.resume();
    child.stderr.resume();
    child.stdin.end();
    child.on('close', () => next(left - 1));
  };
  next(${gitProcesses});`;

const bareName = 'node -e 0';
const floorName = `node and ${gitProcesses} git processes that do nothing`;
const statusName = 'git status -uall';
const afterName = 'hook after an edit (known path)';
const beforeName = 'hook before an edit';
const shellName = 'hook before a shell call (whole)';
const otherName = 'hook of an event that is not Belay’s matter';

interface Figures {
  readonly files: number;
  readonly wall: ReadonlyMap<string, number>;
  readonly cpu: ReadonlyMap<string, number>;
}

/**
 * What a hook costs the agent that waits for it, against bare Node and `git status` in the same run: by the clock (medians), and
 * in processor time with all that it starts (means), which says more on a machine that others use, too.
 */
export async function benchHooks(sizes: readonly number[], rounds: number): Promise<void> {
  const home = fs.mkdtempSync(path.join(tmpdir(), 'belay-bench-home-'));
  // As it is once an agent was connected: Node may keep there what it has compiled.
  fs.mkdirSync(path.join(home, '.belay'));
  const figures: Figures[] = [];
  for (const files of sizes) {
    const folder = await makeRepository(files);
    const cpu = new Map<string, number>();
    const wall = await medians(counted(subjects(folder, home), cpu), rounds);
    figures.push({
      files,
      wall,
      cpu: new Map([...cpu].map(([name, sum]) => [name, sum / rounds])),
    });
    fs.rmSync(folder, { recursive: true, force: true });
  }
  fs.rmSync(home, { recursive: true, force: true });
  print(figures);
}

function print(figures: readonly Figures[]): void {
  for (const { files, wall, cpu } of figures) {
    const [bare, bareCpu] = [wall.get(bareName) ?? 0, cpu.get(bareName) ?? 0];
    table(
      `Hooks in a repository of ${files} files: milliseconds by the clock and of processor time`,
      ['', 'ms', 'over node', 'x node', 'x status', 'cpu ms', 'over node'],
      [...wall].map(([name, value]) => [
        name,
        ms(value),
        ms(value - bare),
        ratio(value, bare),
        ratio(value, wall.get(statusName)),
        ms(cpu.get(name)),
        ms((cpu.get(name) ?? Number.NaN) - bareCpu),
      ]),
    );
  }
  for (const { files, wall, cpu } of figures) {
    const over = (name: string, of: ReadonlyMap<string, number>): number =>
      (of.get(name) ?? 0) - (of.get(bareName) ?? 0);
    const floor = over(floorName, wall);
    goal(
      `hook after an edit in ${files} files at most 30 ms over bare Node`,
      over(afterName, wall) <= 30,
      `${ms(over(afterName, wall))} ms (${ms(over(afterName, cpu))} of processor time), of which its git processes alone take ${ms(floor)} (${ms(over(floorName, cpu))})`,
    );
    const [whole, status] = [wall.get(shellName) ?? 0, wall.get(statusName) ?? 0];
    if (files >= 100_000) {
      goal(
        `hook before a shell call in ${files} files at most 1.5 x git status`,
        whole <= 1.5 * status,
        `${ms(whole)} ms against ${ms(1.5 * status)} ms`,
      );
    }
  }
}

function subjects(folder: string, home: string): Subject[] {
  const edited = path.join(folder, 'd0', 's0', 'f1.txt');
  let edits = 0;
  const editOne = (): void => {
    edits += 1;
    fs.writeFileSync(edited, `edit ${edits}\n`);
  };
  const editSome = async (): Promise<void> => {
    edits += 1;
    await editFour(folder, `round ${edits}`);
  };
  const hook = (event: string, tool: object): Promise<void> =>
    runHook({ session_id: 'bench', cwd: folder, hook_event_name: event, ...tool }, home);
  const write = { tool_name: 'Write', tool_input: { file_path: edited }, tool_use_id: 't' };
  const shell = { tool_name: 'Bash', tool_input: { command: 'make' }, tool_use_id: 't' };
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    await output(program, args, { cwd: folder });
  };
  return [
    { name: bareName, run: () => run(process.execPath, ['-e', '0']) },
    { name: floorName, run: () => run(process.execPath, ['-e', onlyGit]) },
    {
      name: statusName,
      prepare: editSome,
      run: () => run('git', ['status', '--porcelain=v2', '-uall']),
    },
    { name: shellName, prepare: editSome, run: () => hook('PreToolUse', shell) },
    { name: beforeName, run: () => hook('PreToolUse', write) },
    { name: afterName, prepare: editOne, run: () => hook('PostToolUse', write) },
    { name: otherName, run: () => hook('Notification', {}) },
  ];
}

function runHook(payload: object, home: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.resolve('dist/hook.js'), 'claude-code'], {
      stdio: ['pipe', 'inherit', 'inherit'],
      cwd: path.parse(process.cwd()).root,
      env: { ...process.env, HOME: home },
    });
    child.stdin.end(JSON.stringify(payload));
    child.once('error', reject);
    child.once('close', () => {
      resolve();
    });
  });
}

/** The same subjects, each adding what its processes took to its sum; the first round only warms up. */
function counted(all: readonly Subject[], sums: Map<string, number>): Subject[] {
  return all.map((subject) => ({
    ...subject,
    run: async (round) => {
      const before = childrenTime();
      await subject.run(round);
      if (round > 0) {
        sums.set(subject.name, (sums.get(subject.name) ?? 0) + childrenTime() - before);
      }
    },
  }));
}

/** What this process's children that have ended took so far, with theirs, in milliseconds, where the system says (proc(5)). */
function childrenTime(): number {
  const file = '/proc/self/stat';
  if (!fs.existsSync(file)) {
    return Number.NaN;
  }
  const stat = fs.readFileSync(file, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In hundredths of a second, cut off; over many rounds the cuts cancel out.
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
