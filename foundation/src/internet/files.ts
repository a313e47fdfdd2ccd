import type { Subnet } from '../settings';
import type { ArrangedBucket, Bucket, BucketGrant } from './buckets';
import type { KeyPair } from '../authority';

/** Where the image keeps the program of the simulated internet. */
export const PROGRAM = '/opt/foundation/internet.js';

/** Put into the container before each start; 0600, since keys are in it. */
export const CONFIGURATION = '/etc/space-egress/internet.json';

/** In memory: what is here was written by the running process, never by one before it. */
export const RUN_DIR = '/run/space-egress';

/** The volume of buckets and accounts. */
export const S3_DIR = '/var/lib/s3';

export interface Configuration {
  readonly internet: Subnet;
  /** Certificate of the authority. */
  readonly ca: string;
  /** By site name. */
  readonly sites: Readonly<Record<string, KeyPair>>;
  readonly s3: KeyPair;
  readonly ownBucket: Bucket;
}

/** What the container's program does besides serving, with the request that is JSON on its standard input. */
export interface Requests {
  'arrange-bucket': ArrangedBucket;
  'remove-bucket': Bucket;
  'grant-access': BucketGrant;
  'revoke-access': BucketGrant;
}

export type Command = 'ready' | keyof Requests;
