import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { type Files, newestOf } from '../chain';
import { bytesOf, HEAD, hashOf, type Head, readHead, recordName, resultName } from '../record';
import { type Entry, type Store, StoreError, tipOf } from './store';

const AT_ONCE = 16;
const NOT_FOUND = 404;
/** S3's answers to a second writer: after the first, or at the same time. */
const TAKEN: readonly unknown[] = [412, 409];

/** An object in its current state. */
interface Kept {
  readonly bytes: Uint8Array;
  readonly etag?: string;
}

/**
 * A bucket, or everything with a prefix in it. Region, endpoint and credentials are found as by AWS's own commands.
 *
 * The first writer claims a record's name (`If-None-Match`), and the head only moves forward (`If-Match`). Every object
 * has a checksum, which buckets with object lock require; the bucket's default retention decides how long objects are
 * kept.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export class S3Store implements Store {
  private readonly bucket: string;
  private readonly prefix: string;
  private connected?: Promise<S3Client>;

  /** @param place `BUCKET` or `BUCKET/PREFIX` */
  constructor(place: string) {
    const [, bucket = '', prefix = ''] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(place) ?? [];
    if (bucket === '') throw new StoreError(`"${place}" is not a bucket: write s3://BUCKET or s3://BUCKET/PREFIX`);
    this.bucket = bucket;
    this.prefix = prefix === '' ? '' : `${prefix}/`;
  }

  async open(): Promise<Files> {
    const names = await this.names();
    const files = new Map<string, Uint8Array>();
    const left = [...names];
    const fetchOn = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        const object = await this.get(name);
        if (object !== undefined) files.set(name, object.bytes);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, fetchOn));
    return { list: () => names, read: (name) => files.get(name) };
  }

  async tip(): Promise<Head> {
    const { tip, etag } = await this.tipWithHead();
    // With two records and no head, nobody could tell whether a head had existed.
    if (etag === undefined && tip.records > 0) await this.seal();
    return tip;
  }

  async add({ head, record, result }: Entry): Promise<boolean> {
    const kept = resultName(hashOf(result));
    // If two writers write the same object at once, S3 may refuse both.
    if (!(await this.put(kept, result, { IfNoneMatch: '*' })) && (await this.get(kept)) === undefined) return false;
    const name = recordName(head.records);
    if (!(await this.put(name, record, { IfNoneMatch: '*' }))) return false;
    // A server that ignores the condition would accept the name twice, and so overwrite another writer's record.
    if (await this.put(name, record, { IfNoneMatch: '*' })) {
      throw new StoreError(
        `s3://${this.bucket} overwrites objects in spite of "If-None-Match: *", so writers would lose each other's ` +
          'records: use a server that supports conditional writes',
      );
    }
    await this.seal();
    return true;
  }

  /** Repeats until the head names the last record: a second writer looks again. */
  private async seal(): Promise<void> {
    for (;;) {
      const { tip, etag } = await this.tipWithHead();
      const condition = etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag };
      if (await this.put(HEAD, bytesOf(tip), condition)) return;
    }
  }

  private async tipWithHead(): Promise<{ tip: Head; etag?: string }> {
    const before = await this.get(HEAD);
    const known = before && readHead(before.bytes);
    // List only what comes after the head; the rest may be years of records.
    const names = await this.names('records/', known && known.records > 0 ? recordName(known.records - 1) : undefined);
    // If others have added records meanwhile, the head may exist by now.
    const head = before ?? (await this.get(HEAD));
    const last = newestOf(names);
    const record = last === 0 ? undefined : await this.get(recordName(last));
    const tip = tipOf(names, () => record?.bytes, head?.bytes);
    return { tip, ...(head?.etag !== undefined && { etag: head.etag }) };
  }

  private async names(below = '', after?: string): Promise<string[]> {
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.send(async (client) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: this.prefix + below,
            ...(token === undefined
              ? after !== undefined && { StartAfter: this.prefix + after }
              : { ContinuationToken: token }),
          }),
        ),
      );
      // Consoles create an object for a folder.
      const keys = (page.Contents ?? []).flatMap(({ Key = '' }) => (Key.endsWith('/') ? [] : [Key]));
      names.push(...keys.map((key) => key.slice(this.prefix.length)));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return names;
  }

  private async get(name: string): Promise<Kept | undefined> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    return this.send(async (client) => {
      try {
        const { Body, ETag } = await client.send(
          new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + name }),
        );
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        return { bytes, ...(ETag !== undefined && { etag: ETag }) };
      } catch (error) {
        if (statusOf(error) === NOT_FOUND && (error as Error).name !== 'NoSuchBucket') return undefined;
        throw error;
      }
    });
  }

  /** False if the condition doesn't hold. */
  private async put(name: string, bytes: Uint8Array, condition: Partial<PutObjectCommandInput>): Promise<boolean> {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    return this.send(async (client) => {
      try {
        const object = { Key: this.prefix + name, Body: bytes, ContentType: 'application/json', ...condition };
        await client.send(new PutObjectCommand({ Bucket: this.bucket, ChecksumAlgorithm: 'SHA256', ...object }));
        return true;
      } catch (error) {
        if (TAKEN.includes(statusOf(error))) return false;
        throw error;
      }
    });
  }

  /** An error of AWS's library often has only a name. */
  private async send<T>(call: (client: S3Client) => Promise<T>): Promise<T> {
    try {
      return await call(await (this.connected ??= connect()));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const { name, message } = error as Error;
      throw new StoreError(
        `s3://${this.bucket} can't be used (${name}: ${message}): check AWS_REGION, AWS_ENDPOINT_URL_S3 and the credentials, ` +
          'which need s3:ListBucket, s3:GetObject and s3:PutObject',
      );
    }
  }
}

function statusOf(error: unknown): unknown {
  return (error as { $metadata?: { httpStatusCode?: unknown } }).$metadata?.httpStatusCode;
}

/** The library is loaded only for those who use it. */
async function connect(): Promise<S3Client> {
  const { S3Client: Client } = await import('@aws-sdk/client-s3');
  // A server that is addressed by IP can't have buckets as host name labels.
  const own = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  return new Client({ ...(own !== undefined && own !== '' && { forcePathStyle: true }) });
}
