/** The whole process, with the durable store and a cell in memory, killed while it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Credentials } from '../../../foundation/src/cloud/credentials-file';
import { SETTINGS_VARIABLE } from '../../../foundation/src/settings';
import { Client, tokenFor, type Json } from '../api/harness';
import { bundle, findNode24 } from './node24';

jest.setTimeout(120_000);

const KILLS = 3;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

test('a kill at any moment loses nothing that was acknowledged', async () => {
  const node = await findNode24();
  if (node === undefined) {
    return;
  }
  const program = await bundle(join(__dirname, '../../../foundation/src/main.ts'));
  const dataDir = join(program.folder, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const settings = {
      name: 'kill',
      ports: { api: port, router: 0, registry: 0 },
      dataDir,
      appsDomain: 'apps.localhost',
    };
    const started = spawn(node, [program.file], {
      env: { ...process.env, FOUNDATION_CELL: 'memory', [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    await once(started.stdout, 'data');
  };
  const login = async (): Promise<Client> => {
    const { admin } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Credentials;
    const { body } = await tokenFor(url, { grant_type: 'password', ...admin });
    return new Client(url, String(body['access_token']));
  };

  try {
    const acknowledged = new Map<string, string>();
    await start();
    let admin = await login();
    const organization = await admin.find('/v3/organizations');
    for (let round = 0; round < KILLS; round++) {
      const victim = child;
      const killed = new Promise((resolve) => {
        setTimeout(
          () => {
            resolve(victim?.kill('SIGKILL'));
          },
          100 + Math.random() * 200,
        );
      });
      for (let number = 0; ; number++) {
        const name = `space-${round}-${number}`;
        try {
          const relationships = { organization: { data: { guid: organization } } };
          acknowledged.set(name, await admin.create('/v3/spaces', { name, relationships }));
        } catch {
          break;
        }
      }
      await killed;
      await start();
      // The token still counts: the key that it was signed with has survived, too.
      const { body, status } = await admin.get('/v3/spaces?per_page=5000');
      expect(status).toBe(200);
      const kept = new Map((body['resources'] as Json[]).map((row) => [String(row['name']), String(row['guid'])]));
      expect([...acknowledged].filter(([name, guid]) => kept.get(name) !== guid)).toEqual([]);
      admin = await login();
    }
    expect(acknowledged.size).toBeGreaterThan(KILLS);
  } finally {
    child?.kill('SIGKILL');
    program.remove();
  }
});
