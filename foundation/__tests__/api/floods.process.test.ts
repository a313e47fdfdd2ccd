import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_LIMITS } from '../../src/limits';
import type { Settings } from '../../src/settings';
import { cutOff, sendLarge, Slow } from '../support/flood';
import { ServerProcess } from '../support/server-process';
import { Client, makeSpace, tokenFor, toOne, type Json } from '../../testing/harness';

jest.setTimeout(240_000);

const GIB = 1024 ** 3;
/** In MiB, far below what is sent. */
const ROOM = 256;

/** The foundation's own program, without a container engine. */
class Api {
  readonly folder = mkdtempSync(join(tmpdir(), 'foundation-floods-'));
  server!: ServerProcess;
  deployer!: Client;

  static async start(settings: Partial<Settings> = {}): Promise<Api> {
    const api = new Api();
    api.server = await ServerProcess.fromSource(join(__dirname, '..', '..', 'src', 'main.ts'), [], {
      FOUNDATION_CELL: 'memory',
      FOUNDATION_STORE: 'memory',
      FOUNDATION_SETTINGS: JSON.stringify({
        name: 'floods',
        ports: { api: 0, router: 0, registry: 0 },
        dataDir: api.folder,
        appsDomain: 'apps.localhost',
        ...settings,
      }),
    });
    const { deployer } = JSON.parse(readFileSync(join(api.folder, 'credentials.json'), 'utf8')) as {
      deployer: { username: string; password: string };
    };
    const { url } = api.server;
    const { body } = await tokenFor(url, { grant_type: 'password', ...deployer });
    api.deployer = new Client(url, String(body['access_token']));
    return api;
  }

  get port(): number {
    return this.server.port;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let patient: Api;
/** With no more time for a whole request than for its headers. */
let impatient: Api;

beforeAll(async () => {
  patient = await Api.start();
  impatient = await Api.start({ requestTimeout: SERVER_LIMITS.headersTimeout });
});

afterAll(async () => {
  await patient.stop();
  await impatient.stop();
});

const isServed = async ({ deployer }: Api): Promise<void> => {
  expect((await deployer.get('/v3/apps')).status).toBe(200);
};

const titleOf = (text: string): unknown => ((JSON.parse(text) as Json)['errors'] as Json[])[0]?.['title'];

test('thousands of clients that send nothing, half a request, or a byte a second get a 408 while others are served', async () => {
  const before = await impatient.server.peak();
  const head = 'POST /v3/spaces HTTP/1.1\r\nHost: localhost\r\n';
  const slow = [
    ...(await Slow.openMany(1000, impatient.port, '')),
    ...(await Slow.openMany(1000, impatient.port, head)),
    ...(await Slow.openMany(500, impatient.port, head, 'x')),
    ...(await Slow.openMany(500, impatient.port, `${head}Content-Length: 1000\r\n\r\n`, 'x')),
  ];
  // Keeps sending after it was refused.
  const refused = await Slow.open(impatient.port, `${head}Content-Length: ${GIB}\r\n\r\n`, 'x');
  expect(await cutOff([...slow, refused], () => isServed(impatient))).toEqual({ 408: 3000, 413: 1 });
  expect(titleOf(slow.at(-1)?.received.split('\r\n\r\n')[1] ?? '')).toBe('CF-MessageParseError');
  expect((await impatient.server.peak()) - before).toBeLessThan(ROOM);
  await isServed(impatient);
});

test('a request whose headers never end gets a 431', async () => {
  const slow = await Slow.open(impatient.port, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}`);
  expect(await cutOff([slow], () => isServed(impatient))).toEqual({ 431: 1 });
});

describe('a body of 2 GiB', () => {
  const size = 2 * GIB;
  let upload: string;

  beforeAll(async () => {
    const space = await makeSpace(patient.deployer, 'space');
    const shape = { name: 'app', relationships: { space: toOne(space) } };
    const app = await patient.deployer.create('/v3/apps', shape);
    const bits = await patient.deployer.create('/v3/packages', { type: 'bits', relationships: { app: toOne(app) } });
    upload = `/v3/packages/${bits}/upload`;
  });

  const form = '--x\r\nContent-Disposition: form-data; name="bits"; filename="a.zip"\r\n\r\n';
  const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
  const announced = { 'content-length': String(size) };
  const chunked = { 'transfer-encoding': 'chunked' };

  test.each([
    ['that is announced', '/v3/spaces', announced],
    ['that comes in chunks', '/v3/spaces', chunked],
    ['of nobody', '/v3/spaces', { ...announced, authorization: '' }],
    ['that is announced as a package', '', { ...announced, ...multipart }],
    ['that comes in chunks as a package', '', { ...chunked, ...multipart }],
  ] as const)(
    '%s is refused with 413, and neither held in memory nor left on the disk',
    async (_what, path, headers) => {
      const before = await patient.server.peak();
      const answer = await sendLarge({
        port: patient.port,
        path: path === '' ? upload : path,
        size,
        headers: { authorization: patient.deployer.authorization, ...headers },
        around: [form, '\r\n--x--\r\n'],
      });
      expect([answer.status, titleOf(answer.text)]).toEqual([413, 'CF-RequestEntityTooLarge']);
      expect((await patient.server.peak()) - before).toBeLessThan(ROOM);
      const left = readdirSync(patient.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      expect(left.map(({ name }) => name)).toEqual(['credentials.json']);
      await isServed(patient);
    },
  );
});
