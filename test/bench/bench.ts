import { cpus } from 'node:os';
import { benchCapture } from './capture';
import { benchConcurrency } from './concurrency';
import { benchActivation } from './activation';
import { benchFaces } from './faces';
import { benchFanOut } from './fanout';
import { benchHistory } from './history';
import { benchHooks } from './hooks';
import { output } from './measure';
import { benchNetwork } from './network';
import { benchOffers } from './offers';

/** `npm run bench [-- --quick] [-- --only capture,faces,hooks,activation,concurrency,history,network,fanout,offers]` */
async function main(): Promise<void> {
  const quick = process.argv.includes('--quick');
  const chosen = process.argv[process.argv.indexOf('--only') + 1] ?? '';
  const wants = (name: string): boolean =>
    !process.argv.includes('--only') || chosen.split(',').includes(name);
  const version = (await output('git', ['--version'])).trim();
  console.log(`${version}, Node ${process.version}, ${cpus().length} cores, ${process.platform}`);
  if (wants('capture')) {
    await benchCapture(quick ? [1_000, 20_000] : [1_000, 20_000, 100_000], quick ? 7 : 15);
  }
  if (wants('faces')) {
    await benchFaces(quick ? 10 : 25);
  }
  if (wants('hooks')) {
    await benchHooks(quick ? [1_000, 20_000] : [1_000, 20_000, 100_000], quick ? 11 : 25);
  }
  if (wants('activation')) {
    await benchActivation();
  }
  if (wants('concurrency')) {
    await benchConcurrency();
  }
  if (wants('history')) {
    await benchHistory(quick ? 1_000 : 5_000, quick ? 400 : 2_000);
  }
  if (wants('network')) {
    await benchNetwork(quick ? 3 : 7);
  }
  if (wants('fanout')) {
    await benchFanOut(quick ? [2, 8] : [2, 8, 24], quick ? 2 : 5);
  }
  if (wants('offers')) {
    await benchOffers(quick ? 3 : 7);
  }
}

void main();
