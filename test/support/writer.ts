import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/*
 * A program that knows nothing of Belay and writes to files by their names, one after the other and as fast as it can, from a line
 * `go` on its standard input until a line `rest`, or the end of it:
 *
 *   writer <folder> <scratch> <acknowledged> <append|replace|truncate|hold|late>:<name>...
 *
 * What it has written is acknowledged by a line in the file <acknowledged>, once the file is closed and was seen to have a name: what
 * goes into a file that is held open after its last name was removed is on no disk that anybody could look at.
 */
const [folder = '', scratch = '', acknowledged = '', ...targets] = process.argv.slice(2);
const answers = fs.openSync(acknowledged, 'a');
const held = new Map<string, number>();
const state = { going: false, count: 0 };

/** How many writes are made between two looks at the standard input. */
const batch = 20;

function writeOnce(): void {
  state.count += 1;
  const [how = '', name = ''] = (targets[state.count % targets.length] ?? '').split(':');
  const line = `${how} ${state.count} ${name}`;
  try {
    if (written(how, path.join(folder, name), `${line}\n`)) {
      fs.writeSync(answers, `${line}\n`);
    }
  } catch (thrown) {
    // A folder is away, or stands in its place, for a moment: nothing was written, and nothing is acknowledged.
    if (!(thrown instanceof Error && 'syscall' in thrown)) {
      throw thrown;
    }
  }
}

function written(how: string, file: string, line: string): boolean {
  switch (how) {
    case 'append':
      return through(fs.openSync(file, 'a'), line, true);
    case 'truncate':
      return through(fs.openSync(file, 'w'), line, true);
    case 'hold': {
      const handle = held.get(file) ?? fs.openSync(file, 'a');
      held.set(file, handle);
      return through(handle, line, false);
    }
    case 'late': {
      // Opened while the file had its name, and written once something else has it: nobody looks there by that name any more.
      const handle = held.get(file);
      if (handle === undefined || fs.lstatSync(file).ino === fs.fstatSync(handle).ino) {
        return false;
      }
      held.delete(file);
      return through(handle, line, true);
    }
    case 'replace': {
      const fresh = path.join(scratch, path.basename(file));
      fs.writeFileSync(fresh, line);
      fs.renameSync(fresh, file);
      return true;
    }
    default:
      throw new Error(`Unknown way to write: ${how}.`);
  }
}

function through(handle: number, line: string, closes: boolean): boolean {
  try {
    fs.writeSync(handle, line);
    return fs.fstatSync(handle).nlink > 0;
  } finally {
    if (closes) {
      fs.closeSync(handle);
    }
  }
}

function turn(): void {
  for (let at = 0; at < batch && state.going; at += 1) {
    writeOnce();
  }
  if (state.going) {
    setImmediate(turn);
  }
}

for (const target of targets.filter((one) => one.startsWith('late:'))) {
  const file = path.join(folder, target.slice('late:'.length));
  held.set(file, fs.openSync(file, 'a'));
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (order) => {
  if (order === 'rest') {
    // Whatever has come about by now is met once more.
    targets.forEach(writeOnce);
  }
  state.going = order === 'go';
  if (state.going) {
    turn();
  }
  process.stdout.write(`${order}\n`);
});
orders.on('close', () => {
  state.going = false;
});
process.stdout.write('ready\n');
