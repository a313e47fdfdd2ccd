import type { Metadata } from './records';

/** A change of labels and annotations: `null` removes a key, and an absent object means no change. */
export interface MetadataPatch {
  readonly labels?: Readonly<Record<string, string | null>> | null;
  readonly annotations?: Readonly<Record<string, string | null>> | null;
}

const merge = (before: Readonly<Record<string, string>>, patch: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(
    Object.entries({ ...before, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null),
  );

export const NO_METADATA: Metadata = { labels: {}, annotations: {} };

/** @see https://v3-apidocs.cloudfoundry.org/#metadata */
export const mergeMetadata = (before: Metadata, patch: MetadataPatch | null | undefined): Metadata => ({
  labels: merge(before.labels, patch?.labels ?? {}),
  annotations: merge(before.annotations, patch?.annotations ?? {}),
});
