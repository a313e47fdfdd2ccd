import { Option } from 'commander';
import type { Code } from './facts';

/** What a command has come to, for those who keep it. */
export interface Found {
  readonly kind: 'review' | 'approval' | 'audit' | 'verify';
  /** Its JSON, or why there is none. */
  readonly result: string | { readonly failure: string };
  /** What it is about, where the JSON does not say it. */
  readonly subject?: string;
  readonly pullRequest?: number;
  readonly commit?: string;
  /** What was read for it. */
  readonly code?: Code;
}

/** Adds what was found to the evidence in a store. */
export type Recorder = (store: string, found: Found) => Promise<void>;

export const RECORD = new Option(
  '--record <store>',
  'add the result to this evidence, a folder, git:BRANCH or s3://BUCKET: see "space-egress evidence --help"',
);

/**
 * Runs a command and records what it found, if there is a store. A command that fails is evidence as well: that nothing is known.
 *
 * @param about all of what it found but the result
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
