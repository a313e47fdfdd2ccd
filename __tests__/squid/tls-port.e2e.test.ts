import { once } from 'node:events';
import { connect as openSocket, type Socket } from 'node:net';
import { openTunnel, request, secure } from './client';
import { docker, removeAll, until } from './docker';
import { KINDS, startLaboratory, type Laboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(300 * SECONDS);

const HOST = 'www.example.org';
const TLS_PORT = 61_443;
/** Several times as many as squid accepts. */
const SILENT = 600;

/**
 * Behaves like the platform's own proxy in each container: opens a connection to squid for each one that it accepts.
 */
const PLATFORM_PROXY = `
  use IO::Socket::INET;
  my $listener = IO::Socket::INET->new(LocalPort => ${TLS_PORT}, Listen => 1024) or die;
  my @held;
  while (my $client = $listener->accept) { push @held, $client, IO::Socket::INET->new(PeerAddr => '127.0.0.1:8080') }
`;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** An open connection, or one that was refused. */
async function open(host: string): Promise<Socket> {
  const socket = openSocket(TLS_PORT, host).on('error', () => undefined);
  await once(socket, 'connect').catch(() => socket.destroy());
  return socket;
}

test.each(KINDS)(
  "by %s, connections to the TLS port that never begin TLS don't block clients of the other port",
  async (kind) => {
    const proxy = await laboratory.startProxy({ kind, allow: ['.example.org:80,443'] });
    await docker('exec', '--detach', proxy.container, 'perl', '-e', PLATFORM_PROXY);
    const silent = [
      await until('the TLS port', async () => {
        const socket = await open(proxy.host);
        return socket.destroyed ? undefined : socket;
      }),
    ];
    const answers: number[] = [];
    try {
      while (silent.length < SILENT) {
        silent.push(...(await Promise.all(Array.from({ length: 50 }, () => open(proxy.host)))));
        answers.push((await request(proxy, `http://${HOST}/`)).status);
      }
      expect(answers).toEqual(answers.map(() => 200));
      const tunnel = await secure(await openTunnel(proxy, `${HOST}:443`), { servername: HOST });
      tunnel.destroy();
    } finally {
      for (const socket of silent) socket.destroy();
    }
  },
);
