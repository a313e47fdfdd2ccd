import { basename } from 'node:path';
import { App } from 'cdktf';

/**
 * Runs a program for cdktf. What is refused is told as a compiler tells it, `main.ts:30: 'www' ...`: of the calls below
 * that line a reader learns nothing. Only a mistake of the code itself keeps them.
 */
export function synthesize(declare: (app: App) => void): void {
  try {
    const app = new App();
    declare(app);
    app.synth();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    process.stderr.write(`${placeOf(error, require.main?.filename)}${error.message}\n`);
    process.exitCode = 1;
  }
}

/** The library refuses with these two; the others are how JavaScript itself fails. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && ['Error', 'RangeError'].includes(error.name);
}

/** The line of the program that led to it, innermost first. */
function placeOf({ stack = '' }: Error, program = ''): string {
  const line = stack
    .split('\n')
    .map((frame) => /\(?([^\s(]+):(\d+):\d+\)?$/.exec(frame))
    .find((match) => program !== '' && match?.[1] === program)?.[2];
  return line === undefined ? '' : `${basename(program)}:${line}: `;
}
