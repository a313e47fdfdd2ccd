/** The store in a bucket on the S3 server of local foundations, with versions and object lock. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { freePort, waitFor } from '@space-egress/foundation/testing';
import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { storeAt } from '../../evidence/commands/recorder';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import { draft } from './support/memory';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(120_000);

const ACCOUNT = {
  AWS_ACCESS_KEY_ID: 'evidence',
  AWS_SECRET_ACCESS_KEY: 'kept for a test alone',
  AWS_REGION: 'us-gov-west-1',
};
const before = { ...process.env };

let folder: string;
let gateway: ChildProcess;
let endpoint: string;
let admin: S3Client;
let buckets = 0;

beforeAll(async () => {
  folder = temporaryFolder();
  const [data, versions] = ['data', 'versions'].map((name) => join(folder, name)) as [string, string];
  for (const each of [data, versions]) mkdirSync(each);
  const program = await ensureBuilt('versitygw', new Cache(), () => undefined);
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  const words = [
    '--region',
    ACCOUNT.AWS_REGION,
    '--port',
    `127.0.0.1:${port}`,
    '--quiet',
    'posix',
    '--versioning-dir',
    versions,
  ];
  const env = {
    PATH: process.env.PATH,
    ROOT_ACCESS_KEY: ACCOUNT.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: ACCOUNT.AWS_SECRET_ACCESS_KEY,
  };
  gateway = spawn(program, [...words, data], {
    stdio: 'inherit',
    env: { ...env, ROOT_ACCESS_KEY_ID: env.ROOT_ACCESS_KEY, ROOT_SECRET_ACCESS_KEY: env.ROOT_SECRET_KEY },
  });
  await waitFor(
    () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    'the S3 server',
  );
  Object.assign(process.env, ACCOUNT, { AWS_ENDPOINT_URL_S3: endpoint });
  admin = new S3Client({ forcePathStyle: true });
}, 600_000);

afterAll(async () => {
  admin.destroy();
  const ended = once(gateway, 'exit');
  gateway.kill();
  await ended;
  process.env = before;
});

/** A bucket whose objects can't be changed for a day. */
async function locked(): Promise<string> {
  const Bucket = `evidence-${(buckets += 1)}`;
  await admin.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } as const;
  await admin.send(
    new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule } }),
  );
  return Bucket;
}

const add = (place: string, subject: string) => append(storeAt(place), draft({ subject }, new Date()));

test("records are appended in a bucket with object lock, below a prefix, and can't be removed", async () => {
  const bucket = await locked();
  const place = `s3://${bucket}/egress/prod`;
  for (const subject of ['one', 'two', 'three']) await add(place, subject);
  const { records, faults, head } = checkChain(await storeAt(place).open());
  expect([records.map(({ subject }) => subject), faults, head.records]).toEqual([['one', 'two', 'three'], [], 3]);
  const { Versions = [] } = await admin.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  const of = Versions.find(({ Key = '' }) => Key.endsWith('records/00000002.json'));
  const deletion = new DeleteObjectCommand({ Bucket: bucket, Key: of?.Key, VersionId: of?.VersionId });
  await expect(admin.send(deletion)).rejects.toThrow(/lock/i);
});

test('four writers of a bucket at once lose no record, from the first one on', async () => {
  const place = `s3://${await locked()}`;
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(
    names.map(async (name) => {
      for (let at = 0; at < 6; at += 1) await add(place, `${name}${at}`);
    }),
  );
  const { records, faults } = checkChain(await storeAt(place).open());
  expect(faults).toEqual([]);
  expect(records.map(({ subject }) => subject).sort()).toEqual(
    names.flatMap((name) => [0, 1, 2, 3, 4, 5].map((at) => `${name}${at}`)),
  );
});

test('a record that was overwritten is found', async () => {
  const bucket = await locked();
  const place = `s3://${bucket}`;
  for (const subject of ['one', 'two']) await add(place, subject);
  const changed = { Bucket: bucket, Key: 'records/00000001.json', Body: '{}' };
  await admin.send(new PutObjectCommand({ ...changed, ChecksumAlgorithm: 'SHA256' }));
  expect(checkChain(await storeAt(place).open()).faults.map(({ name }) => name)).toContain('records/00000001.json');
});

/** S3 before it had conditional writes: every write succeeds. */
function withoutConditions(): Server {
  const objects = new Map<string, Buffer>();
  return createServer((request, response) => {
    const [name = '', query] = (request.url ?? '').split('?');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const object = objects.get(name);
      if (request.method === 'PUT') objects.set(name, Buffer.concat(chunks));
      else if (query?.includes('list-type') === true) response.write('<ListBucketResult></ListBucketResult>');
      else if (object === undefined) response.statusCode = 404;
      else response.write(object);
      response.end();
    });
  }).listen(0, '127.0.0.1');
}

test('a server without conditional writes, with which writers would lose records, is reported', async () => {
  const server = withoutConditions();
  await once(server, 'listening');
  process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await expect(add('s3://evidence', 'one')).rejects.toThrow(
      's3://evidence overwrites objects in spite of "If-None-Match: *"',
    );
  } finally {
    process.env.AWS_ENDPOINT_URL_S3 = endpoint;
    server.closeAllConnections();
    server.close();
  }
});

test.each([
  ['s3://nowhere-at-all', /s3:\/\/nowhere-at-all can't be used \(NoSuchBucket: .*\): check AWS_REGION/],
  ['s3://Capital', /"Capital" is not a bucket: write s3:\/\/BUCKET/],
])('%s is refused in a sentence', async (place, message) => {
  await expect((async () => add(place, 'one'))()).rejects.toThrow(message);
});

test('wrong credentials are reported without being shown', async () => {
  const place = `s3://${await locked()}`;
  process.env.AWS_SECRET_ACCESS_KEY = 'another secret of nobody';
  try {
    const failure = await add(place, 'one').then(() => '', String);
    expect(failure).toMatch(/can't be used \(.*\): check AWS_REGION, AWS_ENDPOINT_URL_S3 and the credentials/);
    expect(failure).not.toContain('another secret');
  } finally {
    process.env.AWS_SECRET_ACCESS_KEY = ACCOUNT.AWS_SECRET_ACCESS_KEY;
  }
});
