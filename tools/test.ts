/**
 * `npm test [-- STAGE ...]`: all stages in order, or those named. The last line counts what ran.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Stage {
  readonly name: string;
  readonly what: string;
  /** Steps of `setup` that must have run before. */
  readonly needs: readonly ('engine' | 'containers')[];
  readonly run: () => Counts;
}

const root = join(__dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** A checker is one test: it passes or it fails. */
function checker(command: string, ...args: string[]): () => Counts {
  return () => {
    const { status } = spawnSync(bin(command), args, { cwd: root, stdio: 'inherit' });
    return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  };
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** A suite that can't even be loaded has no tests: it counts as one that failed. */
function jest(project: string, ...args: string[]): () => Counts {
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'space-egress-jest-'));
    const outputFile = join(folder, 'report.json');
    try {
      const { status } = spawnSync(
        bin('jest'),
        ['--ci', '--selectProjects', project, '--json', '--outputFile', outputFile, ...args],
        { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
      );
      const report = readReport(outputFile);
      const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
      return {
        passed: report.numPassedTests,
        failed: status === 0 ? failed : Math.max(1, failed),
        skipped: report.numPendingTests,
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function readReport(file: string): JestReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 1 };
  }
}

const STAGES: readonly Stage[] = [
  { name: 'format', what: 'prettier', needs: [], run: checker('prettier', '--check', '--log-level', 'warn', '.') },
  { name: 'lint', what: 'eslint', needs: [], run: checker('eslint', '.') },
  { name: 'types', what: 'tsc', needs: [], run: checker('tsc', '--noEmit') },
  { name: 'unit', what: 'values, constructs, rules as text', needs: [], run: jest('unit') },
  { name: 'contract', what: "the foundation's API and store", needs: [], run: jest('contract') },
  {
    name: 'engine',
    what: 'the real providers under terraform and tofu',
    needs: ['engine'],
    run: jest('engine', '--runInBand'),
  },
  {
    name: 'e2e',
    what: 'everything, with packets',
    needs: ['engine', 'containers'],
    run: jest('e2e', '--runInBand'),
  },
];

function chosen(names: readonly string[]): readonly Stage[] {
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = STAGES.map((stage) => stage.name).join(', ');
    throw new Error(`no test stage '${unknown.join(`', '`)}': name one of ${known}`);
  }
  return names.length === 0 ? STAGES : STAGES.filter((stage) => names.includes(stage.name));
}

function main(names: readonly string[]): number {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of chosen(names)) {
    console.log(`\n── ${stage.name}: ${stage.what}`);
    const started = Date.now();
    const counts = stage.run();
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`── ${stage.name}: ${counts.failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
