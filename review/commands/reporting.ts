import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { line } from '../report/escape';

/** Something opens, differs or is not known; an error is 1, which is what commander and Node.js use. */
export const WIDENS = 2;
/** A check could not be made to its end: neither a success nor a leak. */
export const INCONCLUSIVE = 3;

/** What the user can solve is a message, without the stack trace that a defect gets. */
export function reporting<T extends unknown[]>(
  action: (...args: T) => void | Promise<void>,
): (...args: T) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      // A name in it must not begin a line of a job's log, which the runner would read.
      process.stderr.write(`space-egress: ${said.split('\n').map(line).join('\n')}\n`);
      process.exitCode = 1;
    }
  };
}

export const OUT = new Option('--out <file>', 'where to write it instead of the standard output');

export function writeOut(text: string, file?: string): void {
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}

/** Of an argument: a number from 1 on. */
export function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) {
    throw new InvalidArgumentError('a number without sign and leading zeros is expected');
  }
  return Number(text);
}
