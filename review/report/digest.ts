import type { Change } from '../difference/change';
import { sha256 } from '../model/fingerprint';
import { grouped, remember } from '../model/maps';
import { phrase, type Text } from '../phrase';
import type { EnvironmentReport, Report } from './report';

/** 160 of the hash's bits are 32 letters and digits, which fit a label of GitHub's (50, of either case) behind its prefix. */
const BYTES = 20;

/**
 * Of everything that opens or can't be told: the kind of review, the environment, and of each change all that is in it by
 * ids. Two reviews share one only if they say the same; what closes, and where in the code it is done, is not in it.
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

/** For a pull request of a fork: what was synthesized is whatever its code said, so a person reads each commit. */
export function ofCommit(report: Report, commit: string): Report {
  return { ...report, commit, digest: digestOf(report.kind, report.environments, commit) };
}

/** All of a change but who is concerned. */
function canonical({ verdict, way, what, via, note, token }: Change): string {
  const parts = (text: Text | undefined) => (text === undefined ? null : phrase(text));
  return JSON.stringify([verdict, way, parts(what), via ?? null, parts(note), token ?? null]);
}

/** Stands for all who are concerned, however the changes share them out. */
function concerned(alike: readonly Change[]): string {
  const [{ who }, ...more] = alike as [Change, ...Change[]];
  if (more.length === 0) return remember(HASHES, who, () => hashOf(who));
  return hashOf(alike.flatMap((each) => each.who));
}

/** Thousands of changes may share one list of clients. */
const HASHES = new WeakMap<readonly string[], string>();

function hashOf(who: readonly string[]): string {
  return sha256(JSON.stringify([...new Set(who)].sort()), 'hex');
}
