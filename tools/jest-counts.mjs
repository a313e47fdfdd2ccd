import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * A jest reporter that writes the counts of `tools/test.ts` to the file that `JEST_COUNTS` names. Jest's own `--json`
 * holds every error as an object, and gives up on one that refers to itself, as those of `execFileSync` do.
 */
export default class JestCounts {
  onRunComplete(_contexts, results) {
    const failed = results.testResults.filter(({ failureMessage }) => failureMessage);
    const counts = {
      passed: results.numPassedTests,
      // A suite that can't even be loaded has no tests: it counts as one that failed.
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
