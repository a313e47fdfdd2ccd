/** `cf ssh` with the real cf CLI, as a user sees it; this machine stands in for the container. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually, foundationForAll, pushImage } from '../../testing/harness';
import { login } from '../ssh/client';
import { thisMachine } from '../ssh/this-machine';
import { Cf, findCf } from '../../testing/cf';
import { freePort } from '../../testing/system';

const program = findCf();
// No package registry has the cf CLI; without it, these tests are counted as skipped.
const withCf = program === undefined ? describe.skip : describe;

withCf('cf ssh', () => {
  const foundation = foundationForAll({ cell: { inside: thisMachine }, space: 'Space' });
  let cf: Cf;
  let app: string;

  beforeAll(async () => {
    const { deployer, service, space } = foundation;
    app = await pushImage(deployer, space, 'web');
    cf = new Cf(program ?? '');
    await cf.target(service, 'Space');
  });
  afterAll(() => cf.close());

  test('runs a command and exits with its status', async () => {
    const seen = await cf.run('ssh', 'web', '-c', 'echo "on $(uname)"; echo trouble >&2; exit 3');
    expect(seen).toEqual({ code: 3, text: 'on Linux\ntrouble\n', error: 'trouble\n' });
  });

  test('forwards a port of this machine to one that the instance can reach', async () => {
    const server = createServer((socket) => socket.end('from inside')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const local = await freePort();
    const tunnel = cf.start('ssh', 'web', '-N', '-L', `${local}:localhost:${port}`);
    const answer = await eventually(() => hear(local));
    tunnel.kill();
    server.close();
    expect(answer).toBe('from inside');
  });

  test('reports an unknown instance, process, or application', async () => {
    expect((await cf.run('ssh', 'web', '-i', '3')).text).toBe('FAILED\nInstance 3 of process web not found\n');
    expect((await cf.run('ssh', 'web', '--process', 'worker')).text).toBe('FAILED\nProcess worker not found\n');
    expect((await cf.run('ssh', 'other')).text).toBe("FAILED\nApp 'other' not found.\n");
  });

  test('has a code for other clients', async () => {
    const { text: printed } = await cf.run('ssh-code');
    (await login(foundation.deployer, `cf:${app}/0`, printed.trim())).end();
  });

  test('is enabled, disabled, and enabled again for an application', async () => {
    const already = "ssh support for app 'web' is already enabled.";
    expect((await cf.run('ssh-enabled', 'web')).text).toBe("ssh support is enabled for app 'web'.\n");
    expect((await cf.run('enable-ssh', 'web')).text).toContain(already);
    expect((await cf.run('disable-ssh', 'web')).text).toContain('OK');
    expect((await cf.run('ssh-enabled', 'web')).text).toBe(
      "ssh support is disabled for app 'web'.\nDisabled for app\n",
    );
    expect(await cf.run('ssh', 'web', '-c', 'true')).toMatchObject(NOT_AUTHORIZED);
    expect((await cf.run('enable-ssh', 'web')).text).not.toContain(already);
    expect((await cf.run('ssh', 'web', '-c', 'true')).code).toBe(0);
  });

  test('is refused if the space disables it, with the reason and an event', async () => {
    expect((await cf.run('disallow-space-ssh', 'Space')).text).toContain('OK');
    expect((await cf.run('space-ssh-allowed', 'Space')).text).toContain('disabled');
    expect((await cf.run('ssh-enabled', 'web')).text).toContain('Disabled for space Space');
    expect(await cf.run('ssh', 'web', '-c', 'true')).toMatchObject(NOT_AUTHORIZED);
    expect((await cf.run('allow-space-ssh', 'Space')).text).toContain('OK');
    const { text: events } = await cf.run('events', 'web');
    expect(events).toMatch(/audit\.app\.ssh-unauthorized +deployer +index: 0/);
    expect(events).toMatch(/audit\.app\.ssh-authorized +deployer +index: 0/);
  });
});

const NOT_AUTHORIZED = {
  text: 'FAILED\nError opening SSH connection: You are not authorized to perform the requested action.\n',
  code: 1,
};

/** What a client of this port receives; `undefined` while nothing listens. */
async function hear(port: number): Promise<string | undefined> {
  return text(connect({ host: '127.0.0.1', port })).catch(() => undefined);
}
