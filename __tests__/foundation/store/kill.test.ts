/** The whole process, with the durable store and a cell in memory, killed while it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Credentials } from '../../../foundation/src/cloud/credentials-file';
import { SETTINGS_VARIABLE } from '../../../foundation/src/settings';
import { Client, tokenFor, type Json } from '../api/harness';
import { bundle, findNode24 } from './node24';

jest.setTimeout(300_000);

const KILLS = 3;
/** Of each round: however slow the machine is, there is something to lose. */
const ACKNOWLEDGED = 3;

/** The foundation's program, on a port that the kernel gives it. */
class Running {
  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<unknown>,
    public readonly url: string,
  ) {}

  public static async start(node: string, program: string, dataDir: string): Promise<Running> {
    const settings = { name: 'kill', ports: { api: 0, router: 0, registry: 0 }, dataDir, appsDomain: 'apps.localhost' };
    const child = spawn(node, [program], {
      env: { ...process.env, FOUNDATION_CELL: 'memory', [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /listens on (\S+)$/.exec(line) ?? [];
      if (url !== undefined) {
        return new Running(child, ended, url);
      }
    }
    throw new Error('the foundation ended before it listened');
  }

  public get isKilled(): boolean {
    return this.child.killed;
  }

  public kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Once nothing of it is left that could hold the store, or write to it. */
  public async end(): Promise<void> {
    this.kill();
    await this.ended;
  }
}

test('a kill at any moment loses nothing that was acknowledged', async () => {
  const node = await findNode24();
  if (node === undefined) {
    return;
  }
  const program = await bundle(join(__dirname, '../../../foundation/src/main.ts'));
  const dataDir = join(program.folder, 'data');
  let running: Running | undefined;
  try {
    running = await Running.start(node, program.file, dataDir);
    const { admin: account } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Credentials;
    const { body } = await tokenFor(running.url, { grant_type: 'password', ...account });
    const token = String(body['access_token']);
    const organization = await new Client(running.url, token).find('/v3/organizations');
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < KILLS; round++) {
      const victim = running;
      const client = new Client(victim.url, token);
      for (let number = 0; ; number++) {
        if (number === ACKNOWLEDGED) {
          setTimeout(() => {
            victim.kill();
          }, Math.random() * 200);
        }
        const name = `space-${round}-${number}`;
        try {
          const relationships = { organization: { data: { guid: organization } } };
          acknowledged.set(name, await client.create('/v3/spaces', { name, relationships }));
        } catch (error) {
          if (victim.isKilled) {
            break;
          }
          throw error;
        }
      }
      await victim.end();
      running = await Running.start(node, program.file, dataDir);
      // The token still counts: the key that it was signed with has survived, too.
      const { body: spaces, status } = await new Client(running.url, token).get('/v3/spaces?per_page=5000');
      expect(status).toBe(200);
      const kept = new Map((spaces['resources'] as Json[]).map((row) => [String(row['name']), String(row['guid'])]));
      expect([...acknowledged].filter(([name, guid]) => kept.get(name) !== guid)).toEqual([]);
    }
  } finally {
    await running?.end();
    program.remove();
  }
});
