'use strict';

const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const process = require('node:process');
const Mocha = require('mocha');

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/**
 * Mocha's own output, and where `BELAY_TEST_REPORT` names a folder also a file in it, under a name of its own, with one
 * entry for each test: `[{"title", "file", "ms", "state": "passed" | "failed" | "pending"}]`. A hook that failed is an entry, too.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const folder = process.env.BELAY_TEST_REPORT;
    if (folder === undefined || folder === '') {
      return;
    }
    const entries = [];
    const put = (state) => (test) => {
      const file = test.file === undefined ? '' : path.relative(process.cwd(), test.file);
      entries.push({
        title: test.fullTitle(),
        file: file.replaceAll(path.sep, '/'),
        ms: test.duration ?? 0,
        state,
      });
    };
    runner.on(EVENT_TEST_PASS, put('passed'));
    runner.on(EVENT_TEST_FAIL, put('failed'));
    runner.on(EVENT_TEST_PENDING, put('pending'));
    runner.once(EVENT_RUN_END, () => {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, `${randomUUID()}.json`), JSON.stringify(entries, undefined, 1));
    });
  }
}

module.exports = Reporter;
