import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as openSocket, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { as, connect, credentials, hashesOf, openTunnel, request, secure } from './client';
import { addressesOf, changed, directives, docker, logs, removeAll, shell, stateOf, until } from './docker';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { KINDS, startLaboratory, type Laboratory, type Proxy } from './laboratory';
import { coversHost } from './rules';

const SECONDS = 1000;
jest.setTimeout(300 * SECONDS);

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** More than both buffers of a tunnel can hold, so that it fills them. */
const ECHO = Buffer.alloc(384 * 1024, 'egress');

/** Sends bytes to the site inside a tunnel while the site sends them back, and returns how many arrived. */
async function echo(tunnel: TLSSocket, host: string): Promise<number> {
  const sent = httpRequest({
    createConnection: () => tunnel,
    method: 'POST',
    path: '/echo',
    headers: { host, 'content-length': ECHO.length },
  });
  sent.end(ECHO);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  return received;
}

/** Splits the lines into variables of at most this size, as a deployment does. */
function split(lines: readonly string[], limit = 100_000): Record<string, string> {
  const variables: string[] = [];
  for (const line of lines) {
    const last = variables.length - 1;
    const current = variables[last];
    if (current === undefined || current.length + line.length >= limit) variables.push(line);
    else variables[last] = `${current}\n${line}`;
  }
  return Object.fromEntries(variables.map((text, index) => [index ? `EGRESS_ALLOW_${index}` : 'EGRESS_ALLOW', text]));
}

/** Prints the environment of squid and of its helpers. */
const ENVIRONMENTS = `for p in /proc/[0-9]*; do
  case $(cat "$p/comm") in squid | mawk) cat "$p/comm"; tr '\\0' '\\n' <"$p/environ" ;; esac
done`;

describe.each(KINDS)('by %s,', (kind) => {
  describe('10,000 hosts', () => {
    const hosts = Array.from({ length: 10_000 }, (_, index) => `host-${index}.example.org`);
    const environment = split(hosts.map((host) => `${host}:80,443`));

    test('are each listed, and nothing else', async () => {
      expect(Object.keys(environment).length).toBeGreaterThan(1);
      const proxy = await laboratory.startProxy({ kind, environment });
      for (const host of [hosts[0], hosts[4_999], hosts[9_999]]) {
        expect(await request(proxy, `http://${host ?? ''}/`)).toMatchObject({ status: 200 });
      }
      for (const host of ['host-10000.example.org', 'host-.example.org', 'example.org', 'a.host-1.example.org']) {
        expect(await connect(proxy, `${host}:443`)).toMatchObject({ error: 'ERR_NOT_LISTED' });
      }
      // Otherwise, the lists would be in the memory of each process, including helpers.
      const running = await shell(proxy.container, ENVIRONMENTS);
      expect(running).toContain('squid');
      expect(running).toContain('mawk');
      expect(running).not.toContain('EGRESS_');
    });
  });

  test('squid reads lists of names that differ by a dot or a hyphen as they are written', async () => {
    const label = fc.constantFrom('a', 'b', 'a-b', 'a--b', 'ab', '0', 'a0');
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, 'test'].join('.'));
    const entry = fc.tuple(fc.constantFrom('', '.'), name).map(([dot, host]) => `${dot}${host}`);
    const [entries = []] = fc.sample(fc.uniqueArray(entry, { minLength: 150, maxLength: 150 }), {
      numRuns: 1,
      seed: 1,
    });
    const names = fc.sample(name, { numRuns: 600, seed: 2 });
    const proxy = await laboratory.startProxy({ kind, allow: entries.map((text) => `${text}:443`) });

    const unlisted: string[] = [];
    for (const host of names) {
      if ((await connect(proxy, `${host}:443`)).error === 'ERR_NOT_LISTED') unlisted.push(host);
    }
    expect(unlisted).toEqual(names.filter((host) => !entries.some((text) => coversHost(text, host))));
  });

  test("a container of 128 MB isn't killed by as many tunnels as it accepts, full in both directions, in one wave after another", async () => {
    const AT_ONCE = 64;
    const WAVES = 4;
    const LIMIT_MIB = 128;
    /** Tunnels from one address; fewer if the kernel's buffers count as well. */
    const ONE_ADDRESS = 35;
    const host = 'www.example.org';
    const proxy = await laboratory.startProxy({
      kind,
      allow: ['.example.org:80,443'],
      arguments: ['--memory', `${LIMIT_MIB}m`, '--memory-swap', `${LIMIT_MIB}m`],
    });
    const open = async (): Promise<TLSSocket> => secure(await openTunnel(proxy, `${host}:443`), { servername: host });
    const fill = async (): Promise<TLSSocket[]> => {
      const tunnels: TLSSocket[] = [];
      for (let refused = false; !refused;) {
        const opened = await Promise.allSettled(Array.from({ length: AT_ONCE }, open));
        tunnels.push(...opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
        refused = opened.some(({ status }) => status === 'rejected');
      }
      return tunnels;
    };
    for (let wave = 0; wave < WAVES; wave += 1) {
      let tunnels: TLSSocket[] = [];
      const end = (): void => {
        for (const tunnel of tunnels) tunnel.destroy();
      };
      try {
        tunnels = await fill();
        // The tunnels of the wave before use room until squid has noticed their end.
        for (let tries = 0; wave > 0 && tries < 50 && tunnels.length < ONE_ADDRESS; tries += 1) {
          end();
          tunnels = await fill();
        }
        expect(tunnels.length).toBeGreaterThanOrEqual(ONE_ADDRESS);
        const echoed = await Promise.all(tunnels.map((tunnel) => echo(tunnel, host)));
        expect(new Set(echoed)).toEqual(new Set([ECHO.length]));
      } finally {
        end();
      }
    }
    await until('room', async () => ((await request(proxy, `http://${host}/`)).status === 200 ? true : undefined));
    const state = await stateOf(proxy.container);
    expect(state).toBe('false true');
  });

  describe('a proxy with as many tunnels as it accepts', () => {
    const host = 'www.example.org';
    // Few, because the container has little memory.
    const FITS = 15;
    const open = async (proxy: Proxy): Promise<TLSSocket> =>
      secure(await openTunnel(proxy, `${host}:443`), { servername: host });
    let proxy: Proxy;
    let tunnels: TLSSocket[];

    beforeEach(async () => {
      proxy = await laboratory.startProxy({
        kind,
        allow: ['.example.org:80,443'],
        environment: { MEMORY_LIMIT: '64m' },
      });
      tunnels = [];
      while (tunnels.length < FITS) tunnels.push(await open(proxy));
      for (;;) {
        const next = await open(proxy).catch(() => undefined);
        if (next === undefined) break;
        tunnels.push(next);
      }
    });

    afterEach(() => {
      for (const tunnel of tunnels) tunnel.destroy();
    });

    test.each([100, 1000])('answers %i more with an error, and continues with those that it has', async (more) => {
      // One address never has more connections than there can be tunnels.
      const errors = ['ERR_CROWDED', 'Error: socket hang up', 'Error: read ECONNRESET'];
      const answers = await Promise.all(
        Array.from({ length: more }, async () =>
          connect(proxy, `${host}:443`).catch((error: unknown) => String(error)),
        ),
      );
      // The kernel drops some that come when squid's queue is full, which is a fourth of its descriptors: more if squid waits
      // for a processor.
      const dropped = (answer: (typeof answers)[number]): boolean =>
        typeof answer === 'string' && answer.startsWith('Error: no answer for ');
      expect(answers.filter(dropped).length).toBeLessThanOrEqual(more / 20);
      const told = new Set(
        answers
          .filter((answer) => !dropped(answer))
          .map((answer) => (typeof answer === 'string' ? answer : answer.error)),
      );
      expect([...told].filter((error) => error === undefined || !errors.includes(error))).toEqual([]);
      expect(told).toContain('ERR_CROWDED');
      // The others count until squid has noticed that they are closed.
      const answer = await until('an answer', () =>
        request(proxy, `http://${host}/`).catch((error: unknown) => {
          if (errors.includes(String(error))) return undefined;
          throw error;
        }),
      );
      expect(answer).toMatchObject({ status: 503, error: 'ERR_CROWDED' });

      for (const tunnel of tunnels) {
        tunnel.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        const [answer] = (await once(tunnel, 'data')) as [Buffer];
        expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
      }
    });

    test('accepts new ones when some have ended', async () => {
      await expect(open(proxy)).rejects.toThrow('407');
      for (const tunnel of tunnels.splice(0, 10)) tunnel.destroy();
      tunnels.push(await until('a new tunnel', () => open(proxy).catch(() => undefined)));
      expect(await request(proxy, `http://${host}/`)).toMatchObject({ status: 200 });
    });

    test('continues with a connection that was open before', async () => {
      for (const tunnel of tunnels.splice(0, 10)) tunnel.destroy();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ask = () => request(proxy, `http://${host}/`, { agent, headers: { connection: 'keep-alive' } });
      await until('room', async () => ((await ask()).status === 200 ? true : undefined));
      await until('no room', async () =>
        open(proxy).then(
          (tunnel) => void tunnels.push(tunnel),
          () => true as const,
        ),
      );
      expect(await ask()).toMatchObject({ status: 200 });
      agent.destroy();
    });

    test('still answers the health check of the platform', async () => {
      expect(await request(proxy, PROXY_HEALTH)).toMatchObject({ status: 200, body: 'the proxy works\n' });
    });
  });
});

describe('whatever one address opens, another is served:', () => {
  const host = 'www.example.org';
  let first: Proxy;
  let other: Proxy;
  let opened: Socket[];

  beforeEach(async () => {
    first = await laboratory.startProxy({ allow: ['.example.org:80,443', 'git.example.org:22/tcp'] });
    other = { ...first, host: (await addressesOf(first.container)).find((address) => address !== first.host) ?? '' };
    opened = [];
  });

  afterEach(() => {
    for (const socket of opened) socket.destroy();
  });

  const opensTunnel = async (proxy: Proxy): Promise<void> => {
    opened.push(await secure(await openTunnel(proxy, `${host}:443`), { servername: host }));
  };
  const serves = async (proxy: Proxy): Promise<void> => {
    expect(await request(proxy, `http://${host}/`)).toMatchObject({ status: 200 });
    await opensTunnel(proxy);
  };

  test('connections that send nothing', async () => {
    const silent = Array.from({ length: 800 }, () => openSocket(first.port, first.host).on('error', () => undefined));
    opened.push(...silent);
    await Promise.all(silent.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
    await serves(other);
  });

  test('connections that it opens faster than squid accepts them', async () => {
    let ends = false;
    const storm = Array.from({ length: 200 }, async (_, number) => {
      while (!ends) {
        const socket = openSocket(first.port, first.host).on('error', () => undefined);
        socket.resume().write(`GET http://name-${number}.example.net/ HTTP/1.1\r\nHost: x\r\n\r\n`);
        await once(socket, 'close').catch(() => undefined);
      }
    });
    try {
      await setTimeout(2_000);
      for (let number = 0; number < 10; number += 1) {
        // Plain requests of all clients wait in one short queue, so some of them get 503 meanwhile.
        await until(
          'a page',
          async () => ((await request(other, `http://${host}/`)).status === 200 ? true : undefined),
          10,
        );
        await opensTunnel(other);
      }
    } finally {
      ends = true;
      await Promise.all(storm);
    }
  });

  test('names that it requests on one connection, for each of which squid has a connection to a site', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (let number = 0; number < 200; number += 1) {
        const url = `http://name-${number}.example.org/`;
        const headers = { connection: 'keep-alive' };
        expect(await request(first, url, { agent, headers })).toMatchObject({ status: 200 });
      }
      for (let tunnels = 0; tunnels < 15; tunnels += 1) await serves(other);
    } finally {
      agent.destroy();
    }
  });

  /** Sends requests of which squid reads no more while it waits for a site, and resets their connections. */
  const abandon = async (): Promise<void> => {
    const start = `POST http://${host}/silence HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    for (let round = 0; round < 5; round += 1) {
      const left = Array.from({ length: 30 }, () => openSocket(first.port, first.host).on('error', () => undefined));
      for (const socket of left) socket.resume().write(`${start}5;x=${'x'.repeat(60_000)}`);
      // As long as squid needs to read everything that it reads.
      await setTimeout(1_000);
      for (const socket of left) socket.resetAndDestroy();
    }
  };

  test('requests that it abandons', async () => {
    await serves(other);
    await abandon();
    for (let tunnels = 0; tunnels < 20; tunnels += 1) await serves(other);
  });

  test('requests that it abandoned while it was alone', async () => {
    await abandon();
    for (let tunnels = 0; tunnels < 12; tunnels += 1) await serves(other);
  });

  test('tunnels, of which it gets no more while the other has one', async () => {
    const fill = async (): Promise<void> => {
      for (;;) opened.push(await openTunnel(first, 'git.example.org:22'));
    };
    await expect(fill()).rejects.toThrow('407');
    const held = opened.length;
    await serves(other);
    for (const socket of opened.splice(0, 5)) socket.destroy();
    await setTimeout(1_500);
    expect(held).toBeGreaterThan(10);
    await expect(openTunnel(first, 'git.example.org:22')).rejects.toThrow('407');
    await serves(other);
  });
});

/**
 * Runs in the proxy's own container, from which clients of the TLS port seem to connect (a tunnel has three sockets
 * there). `web` opens all the tunnels that it can, `batch` some, then `web` closes a few and tries again. Prints how
 * many `web` had, and the answers after that.
 */
const TWO_CLIENTS = `
  use IO::Socket::INET;
  my @open;
  sub ask {
    my ($user) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1:8080') or return 'none';
    print $socket "CONNECT git.example.org:22 HTTP/1.1\\r\\nHost: git.example.org:22\\r\\n$user\\r\\n\\r\\n";
    my ($status) = (<$socket> // '') =~ / ([0-9]+) /;
    push @open, $socket if $status eq '200';
    return $status;
  }
  my ($web, $batch) = @ARGV;
  1 while ask($web) eq '200';
  my $held = @open;
  my @batch = map { ask($batch) } 1 .. 3;
  close shift @open for 1 .. 3;
  sleep 2;
  print join ' ', $held, @batch, ask($web), ask($batch), 'made up:', ask($ARGV[2]);
`;

test('one client gets no more while another is there, even if all have one address, as on the TLS port', async () => {
  const { container } = await laboratory.startProxy({
    environment: {
      EGRESS_ALLOW: 'git.example.org:22/tcp',
      EGRESS_CREDENTIALS: hashesOf('web.1', 'batch.1'),
    },
  });
  const header = (headers: Readonly<Record<string, unknown>>): string =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join('');
  const users = [as('web.1'), as('batch.1'), credentials('batch.2', 'made up')].map(header);
  const said = await docker('exec', container, 'perl', '-e', TWO_CLIENTS, ...users);
  const [held, ...answers] = said.split(' ');
  expect(Number(held)).toBeGreaterThan(10);
  expect(answers.join(' ')).toBe('200 200 200 407 200 made up: 407');
});

describe('everything has a time limit:', () => {
  let proxy: Proxy;

  beforeAll(async () => {
    // Otherwise, the test would take hours.
    const shorter = directives({ client_lifetime: '6 seconds', write_timeout: '3 seconds' });
    proxy = await laboratory.startProxy({
      allow: ['.example.org:80,443'],
      arguments: await changed('squid.conf', shorter),
    });
  });

  test.each<readonly [string, string, string, (socket: Socket) => void]>([
    [
      'a body that arrives byte by byte',
      'drips.example.org',
      'POST http://drips.example.org/silence',
      (socket) => {
        const drip = setInterval(() => socket.write('x'), 300);
        socket.once('close', () => {
          clearInterval(drip);
        });
      },
    ],
    [
      'an answer that nobody reads',
      'unread.example.org',
      'GET http://unread.example.org/flood',
      (socket) => void socket.pause(),
    ],
  ])('%s', async (_, host, start, hold) => {
    const socket = openSocket(proxy.port, proxy.host).on('error', () => undefined);
    try {
      const length = start.startsWith('POST') ? 'Content-Length: 1000000\r\n' : '';
      socket.write(`${start} HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n`);
      hold(socket);
      await until('the line of its end', async () =>
        (await logs(proxy.container)).stdout.includes(`"host":"${host}"`) ? true : undefined,
      );
    } finally {
      socket.destroy();
    }
  });
});

test('a silent name server costs a request at most some 5 s, even while others wait for it', async () => {
  const proxy = await laboratory.startProxy({ allow: ['.example.org:80'] });
  const ask = async (number: number): Promise<number> => {
    await setTimeout(number * 400);
    const begin = Date.now();
    const { error } = await request(proxy, `http://silence.a${number}.example.org/`);
    expect(error).toBe('ERR_NAME');
    return (Date.now() - begin) / SECONDS;
  };
  const seconds = await Promise.all(Array.from({ length: 20 }, (_, number) => ask(number)));
  // Leaves time for a busy machine; with squid's default values, it would take 10 s or more.
  expect(seconds.filter((taken) => taken > 8)).toEqual([]);
});
