import { createCipheriv, createHash } from 'node:crypto';
import type { ObjectOwnership } from './s3-catalog';
import type { S3Account, S3Client } from './s3-client';

/** A bucket and the account that owns it, which has access to nothing else. */
export interface Bucket {
  readonly name: string;
  readonly owner: S3Account;
}

/** A bucket as a service instance requests it. */
export interface ArrangedBucket extends Bucket {
  /** @default - unchanged, or for a new bucket, the S3 server's default */
  readonly ownership?: ObjectOwnership;
  readonly isPublic: boolean;
}

/** An account, and all buckets that it has access to. */
export interface BucketGrant {
  readonly account: S3Account;
  readonly buckets: readonly Bucket[];
}

const CONFLICT = 409;
const NOT_FOUND = 404;

const XML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };
const escapeXml = (text: string): string => text.replace(/[<>&]/g, (character) => XML[character] ?? character);

/** Creates the bucket, its account, and its sample objects if they don't exist. */
export async function ensureBucket(admin: S3Client, bucket: Bucket): Promise<void> {
  await ensureAccount(admin, bucket.owner);
  const headers = { 'x-vgw-owner': bucket.owner.accessKeyId };
  await admin.call({ method: 'PATCH', path: `/${bucket.name}/create`, headers }, [CONFLICT]);
  for (const object of SAMPLE_OBJECTS) await ensureObject(admin, bucket.name, object);
}

async function ensureAccount(admin: S3Client, { accessKeyId, secretAccessKey }: S3Account): Promise<void> {
  const account =
    `<Account><Access>${escapeXml(accessKeyId)}</Access>` +
    `<Secret>${escapeXml(secretAccessKey)}</Secret><Role>user</Role></Account>`;
  await admin.call({ method: 'PATCH', path: '/create-user', body: Buffer.from(account) }, [CONFLICT]);
}

async function removeAccount(admin: S3Client, accessKeyId: string): Promise<void> {
  await admin.call({ method: 'PATCH', path: '/delete-user', query: { access: accessKeyId } }, [NOT_FOUND]);
}

/** The access to a bucket; `undefined` if it does not exist. */
async function accessTo(admin: S3Client, bucket: Bucket): Promise<BucketAccess | undefined> {
  const path = `/${bucket.name}`;
  if ((await admin.call({ method: 'HEAD', path }, [NOT_FOUND])).status === NOT_FOUND) return undefined;
  const { status, body } = await admin.call({ method: 'GET', path, query: { policy: '' } }, [NOT_FOUND]);
  // Without a policy, the owner has access; with one, only the accounts in it.
  return status === NOT_FOUND ? { accounts: [bucket.owner.accessKeyId], isPublic: false } : readPolicy(body);
}

async function changeAccess(
  admin: S3Client,
  bucket: Bucket,
  change: (access: BucketAccess) => BucketAccess,
): Promise<void> {
  const access = await accessTo(admin, bucket);
  if (!access) return;
  const body = Buffer.from(writePolicy(bucket.name, change(access)));
  await admin.call({ method: 'PUT', path: `/${bucket.name}`, query: { policy: '' }, body });
}

/** Creates the bucket, or changes it to the request, and keeps the accounts' access. */
export async function arrangeBucket(admin: S3Client, bucket: ArrangedBucket): Promise<void> {
  await ensureBucket(admin, bucket);
  if (bucket.ownership !== undefined) {
    const body = Buffer.from(
      '<OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>' +
        `<ObjectOwnership>${bucket.ownership}</ObjectOwnership></Rule></OwnershipControls>`,
    );
    await admin.call({ method: 'PUT', path: `/${bucket.name}`, query: { ownershipControls: '' }, body });
  }
  await changeAccess(admin, bucket, (access) => ({ ...access, isPublic: bucket.isPublic }));
}

/** Creates the account and gives it access to the buckets. */
export async function grantAccess(admin: S3Client, { account, buckets }: BucketGrant): Promise<void> {
  await ensureAccount(admin, account);
  for (const bucket of buckets) {
    await changeAccess(admin, bucket, (access) => ({ ...access, accounts: [...access.accounts, account.accessKeyId] }));
  }
}

/** Changes the policies first, since the S3 server accepts none with a deleted account. */
export async function revokeAccess(admin: S3Client, { account, buckets }: BucketGrant): Promise<void> {
  for (const bucket of buckets) {
    await changeAccess(admin, bucket, (access) => ({
      ...access,
      accounts: access.accounts.filter((accessKeyId) => accessKeyId !== account.accessKeyId),
    }));
  }
  await removeAccount(admin, account.accessKeyId);
}

async function ensureObject(admin: S3Client, bucket: string, object: SampleObject): Promise<void> {
  const path = `/${bucket}/${object.key}`;
  const found = await admin.call({ method: 'HEAD', path }, [NOT_FOUND]);
  if (found.status !== NOT_FOUND && found.headers['content-length'] === String(object.size)) return;
  await admin.call({ method: 'PUT', path, headers: { 'content-type': object.contentType }, body: object.content() });
}

/** Removes the bucket with its objects and its owner, if they exist. */
export async function removeBucket(admin: S3Client, { name, owner }: Bucket): Promise<void> {
  for (const key of await listKeys(admin, name)) {
    await admin.call({ method: 'DELETE', path: `/${name}/${encodeKey(key)}` }, [NOT_FOUND]);
  }
  await admin.call({ method: 'DELETE', path: `/${name}` }, [NOT_FOUND]);
  await removeAccount(admin, owner.accessKeyId);
}

const encodeKey = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

async function listKeys(admin: S3Client, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for (let after = ''; ; after = keys.at(-1) ?? '') {
    const query = { 'list-type': '2', 'encoding-type': 'url', ...(after && { 'start-after': after }) };
    const { status, body } = await admin.call({ method: 'GET', path: `/${bucket}`, query }, [NOT_FOUND]);
    const page = status === NOT_FOUND ? [] : [...body.matchAll(/<Key>([^<]*)<\/Key>/g)];
    keys.push(...page.map((match) => decodeURIComponent((match[1] ?? '').replaceAll('+', '%20'))));
    if (page.length === 0 || !body.includes('<IsTruncated>true</IsTruncated>')) return keys;
  }
}

/** Access to a bucket, as in the bucket policy on the S3 server. */
interface BucketAccess {
  /** Access keys of the accounts that have a tenant's permissions. */
  readonly accounts: readonly string[];
  /** Whether everyone may read its objects, without an account. */
  readonly isPublic: boolean;
}

/** The actions that cloud.gov's broker grants and the S3 server supports, not including the bucket itself or its policy. */
const BUCKET_ACTIONS = [
  's3:GetBucketAcl',
  's3:GetBucketCORS',
  's3:GetBucketLocation',
  's3:GetBucketOwnershipControls',
  's3:GetBucketPolicy',
  's3:GetBucketTagging',
  's3:GetBucketVersioning',
  's3:ListBucket',
  's3:ListBucketMultipartUploads',
  's3:ListBucketVersions',
  's3:PutBucketAcl',
  's3:PutBucketCORS',
  's3:PutBucketVersioning',
];
const OBJECT_ACTIONS = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersion',
  's3:GetObject',
  's3:GetObjectAcl',
  's3:GetObjectAttributes',
  's3:GetObjectTagging',
  's3:GetObjectVersion',
  's3:ListMultipartUploadParts',
  's3:PutObject',
  's3:PutObjectAcl',
  's3:PutObjectTagging',
  's3:RestoreObject',
];

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: string | { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: string;
}

const ACCOUNTS = 'accounts';
const EVERYBODY = 'everybody';

export const writePolicy = (bucket: string, { accounts, isPublic }: BucketAccess): string => {
  const Principal = { AWS: [...new Set(accounts)].sort() };
  const [inside, itself] = [`arn:aws:s3:::${bucket}/*`, `arn:aws:s3:::${bucket}`];
  const statements: Statement[] = [
    { Sid: ACCOUNTS, Effect: 'Allow', Principal, Action: BUCKET_ACTIONS, Resource: itself },
    { Sid: `${ACCOUNTS}-objects`, Effect: 'Allow', Principal, Action: OBJECT_ACTIONS, Resource: inside },
  ];
  const everybody: Statement = {
    Sid: EVERYBODY,
    Effect: 'Allow',
    Principal: '*',
    Action: ['s3:GetObject'],
    Resource: inside,
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: isPublic ? [...statements, everybody] : statements });
};

export const readPolicy = (text: string): BucketAccess => {
  const { Statement: statements } = JSON.parse(text) as { Statement: readonly Statement[] };
  const principal = statements.find(({ Sid }) => Sid === ACCOUNTS)?.Principal;
  return {
    accounts: typeof principal === 'object' ? principal.AWS : [],
    isPublic: statements.some(({ Sid }) => Sid === EVERYBODY),
  };
};

/** An initial object in a bucket. Its content never changes, so a reader can verify a copy. */
interface SampleObject {
  readonly key: string;
  readonly size: number;
  readonly contentType: string;
  readonly content: () => Buffer;
}

const LINES = 32;
const MIB = 1024 * 1024;

/** 32 lines of 32 bytes, so a person sees at a glance whether anything is missing. */
function text(): Buffer {
  const line = (index: number): string => `space-egress sample, line ${String(index + 1).padStart(4, '0')} \n`;
  return Buffer.from(Array.from({ length: LINES }, (_, index) => line(index)).join(''));
}

/** A cipher's key stream, which can't be compressed and is always the same. */
function noise(size: number): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(size));
}

export const SAMPLE_OBJECTS: readonly SampleObject[] = [
  { key: 'small.txt', size: 1024, contentType: 'text/plain', content: text },
  { key: 'large.bin', size: 64 * MIB, contentType: 'application/octet-stream', content: () => noise(64 * MIB) },
];

/** The objects' SHA-256 in hex, by key. */
export function sampleDigests(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    SAMPLE_OBJECTS.map(({ key, content }) => [key, createHash('sha256').update(content()).digest('hex')]),
  );
}
