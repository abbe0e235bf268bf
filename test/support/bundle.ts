import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { testHome } from './repo';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const built = new Map<string, string>();

/** A program of the tests, such as `test/sync/worker.ts`, as one file that starts quickly; made once in each process. */
export function bundled(entryPoint: string): string {
  const outfile = built.get(entryPoint) ?? path.join(testHome, 'programs', `${built.size}.cjs`);
  if (!built.has(entryPoint)) {
    buildSync({
      absWorkingDir: repository,
      entryPoints: [entryPoint],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'warning',
    });
    built.set(entryPoint, outfile);
  }
  return outfile;
}
