import type { Change } from '../difference/change';
import { sha256 } from '../model/fingerprint';
import { grouped, remember } from '../model/maps';
import { phrase, type Text } from '../phrase';
import type { EnvironmentReport, Report } from './report';

/**
 * 160 bits of the hash are 32 letters and digits. With the prefix, they fit in a GitHub label (50 characters,
 * case-insensitive).
 */
const BYTES = 20;

/**
 * The digest of everything that opens or is unknown: the kind of review, the environment, and each change with ids
 * instead of labels. Two reviews share a digest only if they say the same. What closes, and where in the code, isn't
 * part of it.
 */
export function digestOf(
  kind: Report['kind'],
  environments: readonly Pick<EnvironmentReport, 'name' | 'openings'>[],
  commit?: string,
): string {
  const opened = environments.flatMap(({ name, openings }) =>
    [...grouped(openings, canonical)].map(([what, alike]) => JSON.stringify([name, what, concerned(alike)])),
  );
  const hash = sha256(JSON.stringify([kind, commit ?? null, opened.sort()]), 'hex');
  const bits = BigInt(`0x${hash.slice(0, BYTES * 2)}`);
  return bits.toString(32).padStart((BYTES * 8) / 5, '0');
}

/** For a pull request from a fork: its own code produced what was synthesized, so a person must read each commit. */
export function ofCommit(report: Report, commit: string): Report {
  return { ...report, commit, digest: digestOf(report.kind, report.environments, commit) };
}

/** Everything about a change except who is affected. */
function canonical({ verdict, way, what, via, note, token }: Change): string {
  const parts = (text: Text | undefined) => (text === undefined ? null : phrase(text));
  return JSON.stringify([verdict, way, parts(what), via ?? null, parts(note), token ?? null]);
}

/** Stands for everyone affected, however they are distributed over the changes. */
function concerned(alike: readonly Change[]): string {
  const [{ who }, ...more] = alike as [Change, ...Change[]];
  if (more.length === 0) return remember(HASHES, who, () => hashOf(who));
  return hashOf(alike.flatMap((each) => each.who));
}

/** Thousands of changes may share a list of clients. */
const HASHES = new WeakMap<readonly string[], string>();

function hashOf(who: readonly string[]): string {
  return sha256(JSON.stringify([...new Set(who)].sort()), 'hex');
}
