import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * A jest reporter that writes the counts for `tools/test.ts` to the file in `JEST_COUNTS`. Jest's own `--json` writes
 * every error as an object and fails on circular ones, such as those of `execFileSync`.
 */
export default class JestCounts {
  onRunComplete(_contexts, results) {
    const failed = results.testResults.filter(({ failureMessage }) => failureMessage);
    const counts = {
      passed: results.numPassedTests,
      // A suite that can't be loaded has no tests: it counts as one failed test.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests,
      files: failed.map(({ testFilePath }) => relative('.', testFilePath)),
      failures: failed
        .map(({ testFilePath, failureMessage }) => `${relative('.', testFilePath)}\n${failureMessage}`)
        .map(stripVTControlCharacters),
    };
    writeFileSync(process.env.JEST_COUNTS, JSON.stringify(counts));
  }
}
