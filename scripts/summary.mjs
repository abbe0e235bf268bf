/** How many of the slowest tests are named. */
const slowestCount = 10;

/**
 * Prints what came of the steps: a table, the slowest tests, how to see again what failed, and the closing line. `minutes` is
 * how long all of it took; `again` gives the command that runs a step again. Returns whether everything passed.
 */
export function printSummary(results, minutes, again) {
  console.log('\n=== summary ===');
  table([
    ['step', '', 'tests', 'failed', 'wall s', 'CPU s'],
    ...results.map((result) => [
      result.name,
      result.ok ? 'passed' : 'FAILED',
      String(ran(result).length),
      String(failedOf(result)),
      result.seconds.toFixed(0),
      inSeconds(result.cpuSeconds),
    ]),
    [
      'all',
      '',
      String(sum(results, (result) => ran(result).length)),
      String(sum(results, failedOf)),
      sum(results, ({ seconds }) => seconds).toFixed(0),
      inSeconds(sum(results, ({ cpuSeconds }) => cpuSeconds)),
    ],
  ]);
  const slowest = results
    .flatMap(({ name, tests }) => tests.map((test) => ({ ...test, step: name })))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, slowestCount);
  if (slowest.length > 0) {
    console.log('\nThe slowest tests:');
    table(slowest.map(({ ms, step, title }) => [`${(ms / 1000).toFixed(1)} s`, step, title]));
  }
  for (const result of results.filter(({ ok }) => !ok)) {
    console.log(`\n${result.name} failed. To see it again: ${again(result)}`);
    for (const { title } of result.tests.filter(({ state }) => state === 'failed')) {
      console.log(`  ${title}`);
    }
  }
  const unsteady = sum(
    results.filter(({ ok }) => ok),
    failuresIn,
  );
  if (unsteady > 0) {
    console.log(`\n${unsteady} failed the first time, and passed the second`);
  }
  console.log(`\n${minutes.toFixed(1)} minutes in all`);
  const passed = sum(results, ({ tests }) => tests.filter(({ state }) => state === 'passed').length);
  console.log(`${passed} passed, ${sum(results, failedOf)} failed`);
  return results.every(({ ok }) => ok);
}

function ran({ tests }) {
  return tests.filter(({ state }) => state !== 'pending');
}

/**
 * A step that failed in another way than by a test counts as one failure. In one that passed, what failed did so the first time
 * only, which is said by itself.
 */
function failedOf(result) {
  return result.ok ? 0 : Math.max(1, failuresIn(result));
}

function failuresIn({ tests }) {
  return tests.filter(({ state }) => state === 'failed').length;
}

function sum(list, value) {
  return list.reduce((total, entry) => total + value(entry), 0);
}

function inSeconds(seconds) {
  return Number.isFinite(seconds) ? seconds.toFixed(0) : '-';
}

/** Prints rows with the columns under each other: the first two and the last to the left where they are words. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      /^[\d.-]+$/.test(cell) || /^(?:tests|failed|wall s|CPU s)$/.test(cell)
        ? cell.padStart(widths[column])
        : cell.padEnd(widths[column]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}
