import { SAMPLE_OBJECTS, type SampleObject } from './objects';
import type { S3Client } from './s3-client';
import type { S3Account } from './signature';

/** A bucket with an account that owns it and can do nothing beyond it. */
export interface Bucket {
  readonly name: string;
  readonly owner: S3Account;
}

const CONFLICT = 409;
const NOT_FOUND = 404;

const XML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };
const escapeXml = (text: string): string => text.replace(/[<>&]/g, (character) => XML[character] ?? character);

/** Makes the bucket, its account and its sample objects; what is there already stays. */
export async function ensureBucket(admin: S3Client, bucket: Bucket): Promise<void> {
  const { accessKeyId, secretAccessKey } = bucket.owner;
  const account =
    `<Account><Access>${escapeXml(accessKeyId)}</Access>` +
    `<Secret>${escapeXml(secretAccessKey)}</Secret><Role>user</Role></Account>`;
  await admin.call({ method: 'PATCH', path: '/create-user', body: Buffer.from(account) }, [CONFLICT]);
  const headers = { 'x-vgw-owner': accessKeyId };
  await admin.call({ method: 'PATCH', path: `/${bucket.name}/create`, headers }, [CONFLICT]);
  for (const object of SAMPLE_OBJECTS) await ensureObject(admin, bucket.name, object);
}

async function ensureObject(admin: S3Client, bucket: string, object: SampleObject): Promise<void> {
  const path = `/${bucket}/${object.key}`;
  const found = await admin.call({ method: 'HEAD', path }, [NOT_FOUND]);
  if (found.status !== NOT_FOUND && found.headers['content-length'] === String(object.size)) return;
  await admin.call({ method: 'PUT', path, headers: { 'content-type': object.contentType }, body: object.content() });
}

/** Removes the bucket with all that is in it, and its account; fine when either is gone. */
export async function removeBucket(admin: S3Client, name: string, accessKeyId: string): Promise<void> {
  for (const key of await listKeys(admin, name)) {
    await admin.call({ method: 'DELETE', path: `/${name}/${encodeKey(key)}` }, [NOT_FOUND]);
  }
  await admin.call({ method: 'DELETE', path: `/${name}` }, [NOT_FOUND]);
  await admin.call({ method: 'PATCH', path: '/delete-user', query: { access: accessKeyId } }, [NOT_FOUND]);
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
