import { Option } from 'commander';
import type { Code } from './facts';

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
