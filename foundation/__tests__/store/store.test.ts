import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, findNode24, testOnLinux } from './node24';
import { MemoryStore } from '../../src/store/store';
import { contract } from './contract';
import type { Credentials } from '../../src/cloud/credentials';
import { SETTINGS_VARIABLE } from '../../src/settings';
import { Client, tokenFor, type Json } from '../../testing/harness';
import { ServerProcess } from '../support/server-process';

jest.setTimeout(300_000);

const run = promisify(execFile);

/** The output of a check, in a Node.js that has `node:sqlite`. */
async function printed(check: string, ...args: string[]): Promise<string> {
  const program = await bundle(join(__dirname, check));
  try {
    return (await run(await findNode24(), [program.file, ...args])).stdout.trim();
  } finally {
    program.remove();
  }
}

/** Only root can mount a file system of 4 MiB. */
const testAsRoot = process.getuid?.() === 0 ? testOnLinux : test.skip;

testOnLinux('a write that is cut off anywhere leaves what was committed before, and no part of itself', async () => {
  expect(await printed('torn-check.ts')).toMatch(/^[2-9]\d\d cuts$/);
});

testAsRoot(
  'a full disk refuses what it has no room for, keeps all that was committed, and goes on with room again',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foundation-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
      try {
        expect(await printed('full-check.ts', folder)).toMatch(/^[1-9]\d* commits$/);
      } finally {
        execFileSync('umount', [folder]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

describe('the store in memory', () =>
  test.each(Object.entries(contract))('%s', (_name, check) =>
    expect(() => {
      check(new MemoryStore(), (store) => store);
    }).not.toThrow(),
  ));

testOnLinux('the durable store meets the contract', async () => {
  expect((await printed('sqlite-check.ts')).split('\n')).toEqual(Object.keys(contract));
});

describe('the whole process', () => {
  const KILLS = 3;
  /** Per round, so there is something to lose even on a slow machine. */
  const ACKNOWLEDGED = 3;

  /** The foundation's program, on a port that the kernel gives it. */
  const start = (node: string, program: string, dataDir: string): Promise<ServerProcess> => {
    const settings = { name: 'kill', ports: { api: 0, router: 0, registry: 0 }, dataDir, appsDomain: 'apps.localhost' };
    return ServerProcess.start(node, [program], {
      FOUNDATION_CELL: 'memory',
      [SETTINGS_VARIABLE]: JSON.stringify(settings),
    });
  };

  testOnLinux('a kill at any moment loses nothing that was acknowledged', async () => {
    const node = await findNode24();
    const program = await bundle(join(__dirname, '../../../foundation/src/main.ts'));
    const dataDir = join(program.folder, 'data');
    let running: ServerProcess | undefined;
    try {
      running = await start(node, program.file, dataDir);
      const { admin: account } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Credentials;
      const { body } = await tokenFor(running.url, { grant_type: 'password', ...account });
      const token = String(body['access_token']);
      const organization = await new Client(running.url, token).find('/v3/organizations');
      const acknowledged = new Map<string, string>();
      for (let round = 0; round < KILLS; round++) {
        const victim = running;
        const client = new Client(victim.url, token);
        for (let number = 0; ; number++) {
          if (number === ACKNOWLEDGED) setTimeout(() => victim.kill(), Math.random() * 200);
          const name = `space-${round}-${number}`;
          try {
            const relationships = { organization: { data: { guid: organization } } };
            acknowledged.set(name, await client.create('/v3/spaces', { name, relationships }));
          } catch (error) {
            if (victim.isKilled) break;
            throw error;
          }
        }
        await victim.stop();
        running = await start(node, program.file, dataDir);
        // The token is still valid, since its key has survived, too.
        const { body: spaces, status } = await new Client(running.url, token).get('/v3/spaces?per_page=5000');
        expect(status).toBe(200);
        const kept = new Map((spaces['resources'] as Json[]).map((row) => [String(row['name']), String(row['guid'])]));
        expect([...acknowledged].filter(([name, guid]) => kept.get(name) !== guid)).toEqual([]);
      }
    } finally {
      await running?.stop();
      program.remove();
    }
  });
});
