import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import * as v from 'valibot';
import { Attacker } from './attacks';
import { Disturbance, type Hit, type Step } from './disturbanceOrder';

/*
 * A program that is loaded with `--require` before the command line. It counts the command line's calls into the file system that
 * name something of the worktree, and just before the n-th of them another program has its turn, or the call fails, or the process
 * is killed. Looks count like changes, so the windows before and after each change are all among them.
 */

const changing = new Set([
  'rename',
  'link',
  'unlink',
  'rmdir',
  'rm',
  'mkdir',
  'symlink',
  'copyFile',
  'writeFile',
  'open',
  'chmod',
  'lchmod',
  'utimes',
  'lutimes',
  'truncate',
  'cp',
]);
const looking = ['lstat', 'stat', 'readlink', 'readdir', 'access', 'realpath', 'opendir', 'readFile'];
/** The calls that name two paths; of a symbolic link the first is only text. */
const twoPaths = new Set(['rename', 'link', 'copyFile', 'cp', 'symlink']);

const order = v.parse(Disturbance, JSON.parse(process.env['BELAY_TEST_DISTURBANCE'] ?? '{}'));
const attacker = new Attacker(order);
const counted = { steps: 0, byName: new Map<string, number>() };
const { appendFileSync, readlinkSync } = fs;

for (const name of [...changing, ...looking]) {
  const original: unknown = Reflect.get(fs.promises, name);
  if (typeof original === 'function') {
    Reflect.set(fs.promises, name, async (...args: unknown[]): Promise<unknown> => {
      const call = (): unknown => Reflect.apply(original, fs.promises, args);
      const [subject] = namedIn(name, args);
      if (subject === undefined) {
        return call();
      }
      counted.steps += 1;
      const step = { step: counted.steps, call: name, name: subject, changes: isChange(name, args) };
      const whole = withoutSuffix(subject);
      const nth = count(whole);
      const nthCall = count(`${name} ${whole}`);
      const hits = order.hits.filter(({ at, name: only, call: kind }) =>
        only === undefined
          ? at === step.step
          : only === whole && (kind === undefined ? at === nth : kind === name && at === nthCall),
      );
      for (const hit of hits) {
        before(step, hit);
      }
      if (order.trace) {
        say({ step });
      }
      const answer: unknown = await call();
      if (hits.some(({ does }) => does === 'killAfter')) {
        process.kill(process.pid, 'SIGKILL');
      }
      return answer;
    });
  }
}
syncBuiltinESMExports();

/** @returns how often that was counted, with this time. */
function count(what: string): number {
  const times = (counted.byName.get(what) ?? 0) + 1;
  counted.byName.set(what, times);
  return times;
}

/** Opening a file to read it is a look. */
function isChange(call: string, [, flags]: readonly unknown[]): boolean {
  if (call !== 'open') {
    return changing.has(call);
  }
  return typeof flags === 'number' ? (flags & 3) !== 0 : typeof flags === 'string' && flags !== 'r';
}

function before(step: Step, { does }: Hit): void {
  switch (does) {
    case 'killAfter':
      say({ hit: { step, does } });
      return;
    case 'kill':
      say({ hit: { step, does } });
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'EACCES':
    case 'ENOSPC':
    case 'EIO': {
      say({ hit: { step, does } });
      const words = `${does}: made to fail, ${step.call} '${step.name}'`;
      throw Object.assign(new Error(words), { code: does, syscall: step.call, path: step.name });
    }
    case 'append':
    case 'replace':
    case 'truncate':
    case 'disguise':
    case 'create':
    case 'fifo':
    case 'folder':
    case 'link':
    case 'parentToLink':
    case 'parentToFile':
    case 'parentGone':
      // What is moved aside has the name of the file for everybody else.
      if (attacker.strike(does, withoutSuffix(step.name))) {
        say({ hit: { step, does }, left: attacker.left, overwritten: attacker.overwritten });
      }
  }
}

function withoutSuffix(name: string): string {
  return name.replace(/\.belay-[0-9a-f]{8}$/, '');
}

function say(line: object): void {
  appendFileSync(order.log, `${JSON.stringify(line)}\n`);
}

/** The paths of the worktree that a call names, relative to it, the one that it changes last first. */
function namedIn(call: string, args: readonly unknown[]): string[] {
  const given = call === 'symlink' ? args.slice(1, 2) : args.slice(0, twoPaths.has(call) ? 2 : 1);
  return given
    .reverse()
    .flatMap((arg) => (typeof arg === 'string' ? [arg] : Buffer.isBuffer(arg) ? [arg.toString('utf8')] : []))
    .map((file) => path.relative(order.root, path.resolve(throughHandle(file))))
    .filter((name) => name !== '' && !/^(?:\.\.|\.git)(?:\/|$)/.test(name));
}

/** A path that begins at an open folder is told by that folder's own name. */
function throughHandle(file: string): string {
  const [, folder = '', rest = ''] = /^(\/proc\/self\/fd\/\d+)(.*)$/.exec(file) ?? [];
  return folder === '' ? file : readlinkSync(folder) + rest;
}
