/** SSH sessions and tunnels; this machine, without a terminal, stands in for the container. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import type { RemoteProcess } from '../../src/cell/cell';
import { hostKey, SshServer } from '../../src/ssh/ssh-server';
import { eventually, foundationForAll, pushImage } from '../../testing/harness';
import { portOf } from '../../testing/system';
import { connect as connectTo, enter, resultOf, run, sshPlace } from './client';
import { thisMachine } from './this-machine';

let user: string;
let client: Client;
/** Commands started in instances, in order. */
const begun: RemoteProcess[] = [];

const foundation = foundationForAll({
  space: 'Space',
  cell: {
    inside: {
      ...thisMachine,
      execute: async (spec, command) => {
        const remote = await thisMachine.execute(spec, command);
        begun.push(remote);
        return remote;
      },
    },
  },
});

beforeAll(async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web');
  user = `cf:${app}/0`;
  client = await eventually(() => enter(deployer, user));
});
afterAll(() => {
  client.end();
});

const shell = (): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.shell(false, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });

const forward = (host: string, port: number): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });

describe('a command', () => {
  test('has its input, both of its outputs and its status', async () => {
    const channel = await run(client, 'cat; echo trouble >&2; exit 7');
    channel.end('typed');
    expect(await resultOf(channel)).toEqual({ out: 'typed', err: 'trouble\n', status: 7 });
  });

  test('may have more input and output than any buffer holds, no faster than the client reads', async () => {
    const channel = await run(client, 'head -c 20000000 /dev/zero | tr "\\0" x; wc -c');
    const megabytes = Buffer.alloc(5_000_000, 'y');
    await sleep(300);
    channel.end(megabytes);
    const { out, status } = await resultOf(channel);
    expect([out.length, out.slice(-8).trim(), status]).toEqual([20_000_008, '5000000', 0]);
  });

  test('is ended by a signal', async () => {
    const channel = await run(client, 'echo begun; sleep 300');
    await once(channel, 'data');
    channel.signal('TERM');
    expect((await resultOf(channel)).status).toBe(128 + 15);
  });

  test('gets a hangup when its client disconnects', async () => {
    const channel = await run(client, 'echo begun; sleep 300');
    await once(channel, 'data');
    channel.close();
    expect(await begun.at(-1)?.status()).toBe(128 + 1);
  });

  test('gets a hangup when its client is gone, even with unread output', async () => {
    const other = await eventually(() => enter(foundation.deployer, user));
    const channel = await run(other, 'echo begun; sleep 300');
    await once(channel, 'data');
    channel.write(Buffer.alloc(3_000_000));
    await sleep(100);
    other.destroy();
    expect(await begun.at(-1)?.status()).toBe(128 + 1);
  });

  test('runs concurrently with others on the same connection', async () => {
    const channels = await Promise.all(['one', 'two', 'three'].map((word) => run(client, `sleep 0.1; echo ${word}`)));
    const results = await Promise.all(channels.map(resultOf));
    expect(results.map(({ out }) => out)).toEqual(['one\n', 'two\n', 'three\n']);
  });
});

test('a shell reads typed input', async () => {
  const channel = await shell();
  channel.end('echo $((6 * 7))\nexit 3\n');
  expect(await resultOf(channel)).toEqual({ out: '42\n', err: '', status: 3 });
});

describe('a tunnel', () => {
  test('carries data both ways, and ends with the other side', async () => {
    const server = createServer((socket) => {
      socket.once('data', (data) => socket.end(`heard ${data.toString()}`));
    });
    const channel = await forward('127.0.0.1', await portOf(server));
    channel.write('hello');
    expect(await text(channel)).toBe('heard hello');
    server.close();
  });

  test("that can't connect is refused with the reason, which clients show", async () => {
    await expect(forward('127.0.0.1', 1)).rejects.toThrow('Channel open failure: connect ECONNREFUSED 127.0.0.1:1');
  });
});

test('nothing else is supported: no files, no listening, no agent', async () => {
  await expect(new Promise((_resolve, reject) => client.sftp(reject))).rejects.toThrow('Unable to start subsystem');
  await expect(new Promise((_resolve, reject) => client.forwardIn('127.0.0.1', 0, reject))).rejects.toThrow();
});

test("a client's error closes its own connection, and no other", async () => {
  const { host, port } = await sshPlace(foundation.nobody);
  const socket = connect({ host, port });
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await once(socket.resume(), 'close');
  expect((await resultOf(await run(client, 'true'))).status).toBe(0);
  expect(foundation.failures).toEqual([]);
});

describe('a client that is not logged in', () => {
  const tried: string[] = [];
  let server: SshServer;
  beforeAll(async () => {
    const { cell, service } = foundation;
    server = await SshServer.listen({
      host: '127.0.0.1',
      port: 0,
      hostKey: hostKey(service.cloud.state),
      cell,
      enter: (_user, password) => {
        tried.push(password);
        return undefined;
      },
      onFailure: (error) => foundation.failures.push(error),
      loginTimeout: 2000,
    });
  });
  afterAll(() => server.close());

  test('is disconnected after three wrong passwords', async () => {
    const passwords = ['one', 'two', 'three', 'four', 'five'].map((password) => ({ password, username: 'somebody' }));
    const authHandler = passwords.map((password) => ({ type: 'password' as const, ...password }));
    await expect(connectTo({ host: '127.0.0.1', port: server.port, username: '', authHandler })).rejects.toThrow();
    expect(tried).toEqual(['one', 'two', 'three']);
  });

  test('is disconnected after the login timeout', async () => {
    const socket = connect({ host: '127.0.0.1', port: server.port });
    expect(await text(socket)).toMatch(/^SSH-2\.0-/);
  });

  test('is disconnected if there are too many, and can connect later', async () => {
    const silent = Array.from({ length: 64 }, () => connect({ host: '127.0.0.1', port: server.port }));
    await Promise.all(silent.map((socket) => once(socket, 'data')));
    expect(await text(connect({ host: '127.0.0.1', port: server.port })).catch(() => '')).toBe('');
    for (const socket of silent) socket.destroy();
    await eventually(async () => {
      const socket = connect({ host: '127.0.0.1', port: server.port });
      const greeted = await Promise.race([once(socket, 'data').then(() => true), once(socket, 'close')]);
      socket.destroy();
      return greeted === true || undefined;
    });
  });
});
