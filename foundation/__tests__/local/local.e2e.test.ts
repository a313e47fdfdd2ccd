import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { readContainerFile } from '../../src/cell/engine';
import { access, down, environment, status, stop, up, type Access, type UpOptions } from '../../src/index';
import { SAMPLE_OBJECTS } from '../../src/internet/buckets';
import { bucketServer } from '../../src/internet/bucket-server';
import { S3Broker } from '../../src/internet/s3-broker';
import { type S3Account, sign } from '../../src/internet/s3-client';
import { ENTRY_POINTS } from '../../src/local/image';
import { connectEngine } from '../../src/local/engine';
import { Inventory } from '../../src/local/inventory';
import type { Plan } from '../../src/local/plan';
import { Progress } from '../../../tools/progress';
import { setUpContainers } from '../../../tools/setup';
import { Client } from './support/client';

// Includes building the images, if the engine has none yet.
jest.setTimeout(10 * 60_000);

const NAME = 'itest-local-1';
const OTHER = 'itest-local-2';
const REGION = 'us-gov-west-1';
const [SMALL, LARGE] = [
  '472c8de26272fb590e927736d4a37383cd7002e2fe2501fc77f2ba5acb105518',
  'f30fb789a9f52beedf72cacba5240bcd34e513150a201daab9f24dde4051556d',
];

let docker: Docker;
let files: UpOptions['files'];
let baseImage: string;

beforeAll(async () => {
  const { node, versitygw, baseImage: base } = await setUpContainers(new Progress({ write: () => undefined }));
  files = { node: node.path, versitygw };
  baseImage = base.reference;
  docker = (await connectEngine()).docker;
});

const leftovers = async (name: string): Promise<string[]> => {
  const inventory = new Inventory(docker, name);
  const [containers, networks, volumes] = await Promise.all([
    inventory.containers(),
    inventory.networks(),
    inventory.volumes(),
  ]);
  return [
    ...containers.map(({ Names }) => Names[0] ?? ''),
    ...networks.map(({ Name }) => Name),
    ...volumes.map(({ Name }) => Name),
  ];
};

const containerIds = async (name: string): Promise<Record<string, string>> => {
  const containers = await new Inventory(docker, name).containers();
  return Object.fromEntries(containers.map(({ Id, Labels }) => [Labels['space-egress.role'] ?? '', Id]));
};

describe('a foundation on this machine', () => {
  let first: Awaited<ReturnType<typeof up>>;
  let keys: Access;
  let plan: Plan;
  let client: Client;

  beforeAll(async () => {
    await Client.removeAll(docker);
    await down({ name: NAME });
    first = await up({ name: NAME, files });
    keys = await access({ name: NAME });
    const now = await status({ name: NAME });
    if (!now.plan) throw new Error('no plan');
    plan = now.plan;
    const foundation = docker.getContainer(`space-egress-${NAME}`);
    const ca = await readContainerFile(foundation, '/var/lib/foundation/ca/ca.crt');
    const image = now.containers.find(({ role }) => role === 'internet')?.image ?? '';
    client = await Client.start(docker, image, plan.internet, ca?.toString('utf8') ?? '');
  });

  afterAll(async () => {
    await Client.removeAll(docker);
    await down({ name: NAME });
  });

  it('answers on its ports when "up" is done', async () => {
    expect(first.started).toBe(true);
    expect(first.ports).toEqual(plan.ports);
    const root = (await (await fetch(first.apiUrl)).json()) as { links: { self: { href: string } } };
    expect(root.links.self.href).toBe(first.apiUrl);
    expect((await fetch(`http://127.0.0.1:${first.ports.registry}/v2/`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${first.ports.router}/`)).status).toBe(404);
  });

  it('is not changed by a second "up"', async () => {
    const before = await containerIds(NAME);
    expect(await up({ name: NAME, files })).toEqual({ ...first, started: false });
    expect(await containerIds(NAME)).toEqual(before);
  });

  it('returns its variables, with passwords that the container engine does not know', async () => {
    expect(await environment({ name: NAME })).toMatchObject({
      CF_API_URL: first.apiUrl,
      CF_USER: 'deployer',
      EGRESS_REGISTRY: `localhost:${first.ports.registry}`,
    });
    const { admin, deployer, s3 } = keys.credentials;
    const secrets = [admin.password, deployer.password, s3.accessKeyId, s3.secretAccessKey];
    for (const id of Object.values(await containerIds(NAME))) {
      const told = JSON.stringify(await docker.getContainer(id).inspect());
      expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
    }
  });

  it('keeps its ports, and refuses to change them', async () => {
    await expect(up({ name: NAME, files, port: 30_000 })).rejects.toThrow(
      `foundation ${NAME} has port ${first.ports.api}, which can't change`,
    );
  });

  describe('its internet', () => {
    it.each([
      'http://www.example.com/',
      'https://www.example.com/',
      'https://www.example.org:8443/',
      'http://www.example.net/',
    ])("answers at %s with the site's name", async (url) => {
      const { hostname } = new URL(url);
      const { status: code, text } = await client.get(url);
      expect([code, JSON.parse(text)]).toEqual([
        200,
        expect.objectContaining({ site: hostname, host: new URL(url).host }),
      ]);
    });

    it('has servers at private and link-local addresses, so a refusal does not mean a missing server', async () => {
      for (const url of [
        'http://private.example.org/',
        'https://private.example.org/',
        'http://metadata.example.org/',
      ]) {
        const { text } = await client.get(url);
        expect(JSON.parse(text)).toMatchObject({ site: new URL(url).hostname });
      }
    });

    it('is trusted only by clients that have its authority', async () => {
      await expect(client.get('https://www.example.com/', {}, '')).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });

    const read = (host: string, path: string, account: S3Account) => {
      const request = { method: 'GET', host, path, query: {}, headers: {}, body: Buffer.alloc(0) };
      const headers: Record<string, string> = { ...sign(request, account, REGION, new Date()) };
      return client.get(`https://${host}${path}`, headers);
    };

    it.each([
      ['public', 'egress-demo.s3.us-gov-west-1.amazonaws.com', ''],
      ['public, by path', 's3.us-gov-west-1.amazonaws.com', '/egress-demo'],
      ['endpoint', 'egress-demo.bucket.vpce-0e9re55.s3.us-gov-west-1.vpce.amazonaws.com', ''],
      ['brokered', 'egress-demo.s3-fips.us-gov-west-1.amazonaws.com', ''],
    ])('serves objects at the %s endpoint', async (_door, host, prefix) => {
      const { s3 } = keys.credentials;
      expect(await read(host, `${prefix}/small.txt`, s3)).toMatchObject({ status: 200, bytes: 1024, sha256: SMALL });
      expect(await read(host, `${prefix}/small.txt`, { ...s3, secretAccessKey: 'wrong' })).toMatchObject({
        status: 403,
      });
    });

    it('serves 64 MiB', async () => {
      const host = 'egress-demo.s3.us-gov-west-1.amazonaws.com';
      const [, large] = SAMPLE_OBJECTS;
      const answer = await read(host, '/large.bin', keys.credentials.s3);
      expect(answer).toMatchObject({ status: 200, bytes: large?.size, sha256: LARGE });
    });

    describe('creates buckets for service instances', () => {
      const MINE = '0b9b9e0e-1111-4222-8333-944455556666';
      const OTHER = '1c9b9e0e-1111-4222-8333-944455556666';
      let dataDir: string;
      let broker: S3Broker;

      const instance = (guid: string, plan = 'basic', parameters: Record<string, unknown> = {}) => ({
        guid,
        plan,
        parameters,
      });

      const bind = async (guid: string, of: string, ...additional: string[]) => {
        const { credentials } = await broker.bind({
          guid,
          instance: instance(of),
          parameters: additional.length > 0 ? { additional_instances: additional } : {},
          findInstance: (name) => name,
        });
        const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = credentials as Record<
          string,
          string
        >;
        return { credentials, account: { accessKeyId, secretAccessKey } as S3Account };
      };

      const status = async (guid: string, account: S3Account): Promise<number> => {
        const answer = await read('s3-fips.us-gov-west-1.amazonaws.com', `/cg-${guid}/small.txt`, account);
        return answer.status;
      };

      const anonymously = async (guid: string): Promise<number> =>
        (await client.get(`https://s3-fips.us-gov-west-1.amazonaws.com/cg-${guid}/small.txt`)).status;

      beforeAll(async () => {
        dataDir = await mkdtemp(join(tmpdir(), 'broker-'));
        broker = new S3Broker(bucketServer(docker, { name: NAME, dataDir }));
      });

      afterAll(() => rm(dataDir, { recursive: true, force: true }));

      it('idempotently, with several keys that give access to only that bucket, and can be deleted one by one', async () => {
        for (const guid of [MINE, MINE, OTHER]) await broker.provision(instance(guid));
        const first = await bind('first', MINE);
        expect(await bind('first', MINE)).toEqual(first);
        const second = await bind('second', MINE);
        const both = await bind('both', OTHER, MINE);
        const owner = keys.credentials.s3;
        expect(await Promise.all([first, second, both].map(({ account }) => status(MINE, account)))).toEqual([
          200, 200, 200,
        ]);
        expect(await Promise.all([first, second, both].map(({ account }) => status(OTHER, account)))).toEqual([
          403, 403, 200,
        ]);
        expect([await status(MINE, owner), await anonymously(MINE)]).toEqual([403, 403]);
        expect((await read('s3.us-gov-west-1.amazonaws.com', '/egress-demo/small.txt', first.account)).status).toBe(
          403,
        );
        await broker.unbind({ guid: 'first', instance: { guid: MINE }, credentials: first.credentials });
        await broker.unbind({ guid: 'both', instance: { guid: OTHER }, credentials: both.credentials });
        expect(await Promise.all([first, second, both].map(({ account }) => status(MINE, account)))).toEqual([
          403, 200, 403,
        ]);
        for (let time = 0; time < 2; time += 1) {
          await broker.unbind({ guid: 'second', instance: { guid: MINE }, credentials: second.credentials });
          await broker.deprovision({ guid: MINE });
        }
        expect(await status(MINE, second.account)).toBe(403);
        await broker.deprovision({ guid: OTHER });
      });

      it('public or private, with or without ACLs, by plan and parameters', async () => {
        await broker.provision(instance(MINE, 'basic-public'));
        const { account } = await bind('key', MINE);
        const allow = async (): Promise<number> => {
          const host = 's3-fips.us-gov-west-1.amazonaws.com';
          const query = { acl: '' };
          const given = { 'x-amz-acl': 'private' };
          const request = { method: 'PUT', host, path: `/cg-${MINE}`, query, headers: given, body: Buffer.alloc(0) };
          const headers: Record<string, string> = { ...sign(request, account, REGION, new Date()) };
          return (await client.send('PUT', `https://${host}/cg-${MINE}?acl=`, headers)).status;
        };
        expect([await status(MINE, account), await anonymously(MINE), await allow()]).toEqual([200, 200, 200]);
        await broker.update(instance(MINE, 'basic', { object_ownership: 'BucketOwnerEnforced' }));
        expect([await status(MINE, account), await anonymously(MINE), await allow()]).toEqual([200, 403, 400]);
        await broker.unbind({ guid: 'key', instance: { guid: MINE }, credentials: {} });
        await broker.deprovision({ guid: MINE });
      });
    });
  });

  it('can be stopped and started again, with the same passwords and support containers', async () => {
    const before = await containerIds(NAME);
    await stop({ name: NAME });
    await stop({ name: NAME });
    expect((await status({ name: NAME })).state).toBe('stopped');
    expect(await up({ name: NAME, files })).toEqual({ ...first, started: true });
    expect(await containerIds(NAME)).toEqual(before);
    expect(await access({ name: NAME })).toEqual(keys);
  });

  it('gets a new container if its specification has changed, and its support containers keep running', async () => {
    const before = await containerIds(NAME);
    expect(await up({ name: NAME, files, drainDelay: 10 })).toEqual({ ...first, started: true });
    const after = await containerIds(NAME);
    expect(after).toEqual({ ...before, foundation: expect.not.stringMatching(before.foundation ?? '') as string });
    expect(await access({ name: NAME })).toEqual(keys);
  });

  it('shares nothing with another foundation, and survives its removal', async () => {
    try {
      const other = await up({ name: OTHER, files });
      const theirs = await status({ name: OTHER });
      const numbers = [...Object.values(first.ports), ...Object.values(other.ports)];
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(theirs.plan?.overlay.cidr).not.toBe(plan.overlay.cidr);
      expect(theirs.plan?.internet.cidr).not.toBe(plan.internet.cidr);
      expect((await access({ name: OTHER })).credentials).not.toEqual(keys.credentials);
    } finally {
      await down({ name: OTHER });
    }
    expect(await leftovers(OTHER)).toEqual([]);
    expect((await fetch(first.apiUrl)).status).toBe(200);
  });
});

describe('a conflict with a foundation', () => {
  const name = 'itest-local-3';

  beforeEach(async () => {
    await down({ name });
  });

  afterEach(async () => {
    await down({ name });
    expect(await leftovers(name)).toEqual([]);
  });

  it('over a port is reported with its owner, before anything is created', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      await expect(up({ name, files, port })).rejects.toThrow(
        `port ${port} of 127.0.0.1 is in use by process ${process.pid} (`,
      );
      expect(await leftovers(name)).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('with another container is reported, and the container stays', async () => {
    const foreign = await docker.createContainer({ name: `space-egress-${name}`, Image: baseImage, Cmd: ['true'] });
    try {
      await expect(up({ name, files })).rejects.toThrow(`container space-egress-${name} is in the way`);
      await down({ name });
      expect((await foreign.inspect()).Name).toBe(`/space-egress-${name}`);
    } finally {
      await foreign.remove({ force: true });
    }
  });

  it('that stops the foundation itself from starting is reported with its last output', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'main-'));
    try {
      const main = join(dir, 'main.ts');
      await writeFile(main, "console.error('out of order today');\nprocess.exit(3);\n");
      await expect(up({ name, files, entryPoints: { ...ENTRY_POINTS, main } })).rejects.toThrow(
        /^the foundation ended with status 3; its last lines:\nout of order today$/,
      );
      const image = (await status({ name })).containers[0]?.image ?? '';
      await down({ name });
      await docker.getImage(image).remove();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe('the removal of a foundation', () => {
  const name = 'itest-local-4';

  afterEach(async () => {
    await down({ name });
  });

  it('is complete, even if half of it is already gone, or it does not exist', async () => {
    await up({ name, files });
    await docker.getContainer(`space-egress-${name}`).remove({ force: true, v: true });
    await docker.getContainer(`space-egress-${name}-registry`).remove({ force: true, v: true });
    await docker.getVolume(`space-egress-${name}-registry`).remove();
    await down({ name });
    expect(await leftovers(name)).toEqual([]);
    await down({ name });
    expect(await leftovers(name)).toEqual([]);
    expect(await status({ name })).toMatchObject({ state: 'absent', containers: [] });
    await expect(environment({ name })).rejects.toThrow(`foundation ${name} is not up`);
    await expect(stop({ name })).rejects.toThrow(`there is no foundation ${name}`);
  });

  it('disconnects other containers from its networks, and keeps them', async () => {
    await up({ name, files });
    const guest = await docker.createContainer({
      Image: baseImage,
      Cmd: ['sleep', 'infinity'],
      HostConfig: { NetworkMode: `space-egress-${name}-overlay` },
    });
    try {
      await guest.start();
      await down({ name });
      expect(await leftovers(name)).toEqual([]);
      expect((await guest.inspect()).State.Running).toBe(true);
    } finally {
      await guest.remove({ force: true });
    }
  });
});
