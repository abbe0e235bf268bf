import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { whenMissing } from '../../../src/git/diskErrors';

const object = v.record(v.string(), v.unknown());

/** Sets these keys of a JSON file, and keeps the others. */
export async function mergeJson(file: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(whenMissing('{}'));
  const before = v.parse(object, JSON.parse(text));
  await writeFile(file, `${JSON.stringify({ ...before, ...values }, null, 2)}\n`);
}
