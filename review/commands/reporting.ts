import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { line } from '../report/escape';

/** Exit code if something opens, differs or is unknown. Errors are 1, as in commander and Node.js. */
export const WIDENS = 2;
/** Exit code if a check couldn't be completed: neither success nor failure. */
export const INCONCLUSIVE = 3;

/** Prints what the user can fix as a message, without the stack trace that a defect gets. */
export function reporting<T extends unknown[]>(
  action: (...args: T) => void | Promise<void>,
): (...args: T) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      // A name must not start a line of a job's log, because the runner interprets some lines as commands.
      process.stderr.write(`space-egress: ${said.split('\n').map(line).join('\n')}\n`);
      process.exitCode = 1;
    }
  };
}

export const OUT = new Option('--out <file>', 'write to this file instead of standard output');

export function writeOut(text: string, file?: string): void {
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}

/** Parses an argument: a whole number from 1 on. */
export function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text)) {
    throw new InvalidArgumentError('expected a number without sign or leading zeros');
  }
  return Number(text);
}
