import type { Subnet } from '../settings';
import type { ArrangedBucket, Bucket, BucketGrant } from './buckets';
import type { KeyPair } from '../authority';

/** The path of the simulated internet's program in the image. */
export const PROGRAM = '/opt/foundation/internet.js';

/** Copied into the container before each start, with mode 0600, since it contains keys. */
export const CONFIGURATION = '/etc/space-egress/internet.json';

/** In memory, so its files are always from the running process. */
export const RUN_DIR = '/run/space-egress';

/** The volume of buckets and accounts. */
export const S3_DIR = '/var/lib/s3';

export interface Configuration {
  readonly internet: Subnet;
  /** The authority's certificate. */
  readonly ca: string;
  /** Certificates by site name. */
  readonly sites: Readonly<Record<string, KeyPair>>;
  readonly s3: KeyPair;
  readonly ownBucket: Bucket;
}

/** The program's administrative commands, which read their request as JSON from standard input. */
export interface Requests {
  'arrange-bucket': ArrangedBucket;
  'remove-bucket': Bucket;
  'grant-access': BucketGrant;
  'revoke-access': BucketGrant;
}

export type Command = 'ready' | keyof Requests;
