import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NpmRegistry } from '../../src/cell/npm-registry';
import { portOf } from '../../testing/system';

let folder: string;
let server: Server;
let url: string;
let behave: RequestListener;
let asked: string[];
const CONTENT = 'a tarball';

/** Like a healthy registry. */
const answer: RequestListener = (request, response) => {
  const integrity = `sha512-${createHash('sha512').update(CONTENT).digest('base64')}`;
  const versions = { '1.0.0': { dist: { tarball: `${url}pack.tgz`, integrity } } };
  response.end(request.url === '/pack.tgz' ? CONTENT : JSON.stringify({ versions }));
};

/** Starts to answer, and then stalls. */
const begin: RequestListener = (_request, response) => response.writeHead(200).write('{');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'npm-registry-'));
  behave = answer;
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    behave(request, response);
  });
  url = `http://127.0.0.1:${await portOf(server)}/`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits for what is only slow. */
const PATIENCE = { list: 30_000, tarball: 30_000 };
const registry = (limits = PATIENCE): NpmRegistry => new NpmRegistry(folder, url, limits);

async function fetchAll(from: NpmRegistry): Promise<string> {
  const { '1.0.0': version } = await from.versions('pack');
  if (!version) throw new Error('no version');
  return readFile(await from.tarball('pack', '1.0.0', version), 'utf8');
}

const REMEDY =
  /; check that the foundation's container can reach it, or set another registry with "npm config set registry/;

test.each<[string, RequestListener, number, RegExp]>([
  ['accepts and says nothing', () => undefined, 200, /pack: it took longer than 0\.2 s/],
  ['stops in the middle', begin, 200, /pack: it took longer than 0\.2 s/],
  ['hangs up', ({ socket }) => socket.destroy(), PATIENCE.list, /pack: other side closed/],
  [
    'answers with an error',
    (_request, response) => response.writeHead(503).end(),
    PATIENCE.list,
    /pack: it answered 503/,
  ],
])(
  'a registry that %s is named in the failure with the remedy, and the next staging tries again',
  async (_what, ill, list, reason) => {
    behave = ill;
    const failure = fetchAll(registry({ ...PATIENCE, list }));
    await expect(failure).rejects.toThrow(`can't get ${url}pack`);
    await expect(failure).rejects.toThrow(reason);
    await expect(failure).rejects.toThrow(REMEDY);
    behave = answer;
    expect(await fetchAll(registry())).toBe(CONTENT);
  },
);

test('an interrupted download of a tarball is reported, and the next staging downloads it completely', async () => {
  behave = (request, response) => (request.url === '/pack.tgz' ? begin : answer)(request, response);
  const failure = fetchAll(registry({ ...PATIENCE, tarball: 200 }));
  await expect(failure).rejects.toThrow(`can't get ${url}pack.tgz: it took longer than 0.2 s`);
  behave = answer;
  expect(await fetchAll(registry())).toBe(CONTENT);
});

test("if the registry can't be reached, the cached list is used, however old", async () => {
  await fetchAll(registry());
  utimesSync(join(folder, 'pack.json'), 0, 0);
  server.closeAllConnections();
  server.close();
  expect(await fetchAll(registry())).toBe(CONTENT);
});

test('two stagings at once download a file once, and never see it half-written', async () => {
  const shared = registry();
  const all = await Promise.all([fetchAll(shared), fetchAll(shared), fetchAll(shared)]);
  expect(all).toEqual([CONTENT, CONTENT, CONTENT]);
  expect(asked).toEqual(['/pack', '/pack.tgz']);
  await fetchAll(shared);
  expect(asked).toHaveLength(2);
});
