import { writeFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import type { Code } from './facts';
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

/** The result of a command, to be recorded. */
export interface Found {
  readonly kind: 'review' | 'approval' | 'audit' | 'verify';
  /** Its JSON, or why there is none. */
  readonly result: string | { readonly failure: string };
  /** What it is about, if the JSON doesn't say. */
  readonly subject?: string;
  readonly pullRequest?: number;
  readonly commit?: string;
  /** The code that was read. */
  readonly code?: Code;
}

/** Adds a result to the evidence in a store. */
export type Recorder = (store: string, found: Found) => Promise<void>;

export const RECORD = new Option(
  '--record <store>',
  'add the result to this evidence, a folder, git:BRANCH or s3://BUCKET: see "space-egress evidence --help"',
);

/**
 * Runs a command and records what it found, if there is a store. A failure is recorded too: as evidence that the result
 * is unknown.
 *
 * @param about everything about the result but the result itself
 */
export async function recorded(
  { store, record }: { readonly store?: string; readonly record?: Recorder },
  about: Omit<Found, 'result'>,
  run: () => Promise<Omit<Found, 'kind'>>,
): Promise<void> {
  if (store === undefined) {
    await run();
    return;
  }
  if (record === undefined) throw new Error(`nothing can be recorded in ${store} here: use the command space-egress`);
  let found: Omit<Found, 'kind'>;
  try {
    found = await run();
  } catch (error) {
    await record(store, { ...about, result: { failure: error instanceof Error ? error.message : String(error) } });
    throw error;
  }
  await record(store, { ...about, ...found });
}
