import { readLog } from '../support/proxy-log';
import { as, hashesOf, openTunnel, request, samplesOf, secure } from './client';
import { docker, logs, removeAll, shell, until } from './docker';
import { type Kind, type Laboratory, type Proxy, startLaboratory, testSideBySide } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

const PORT = 9301;
const MOST_KIB = 2 * 1024;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'www.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

const start = (kind: Kind, metrics = String(PORT)) =>
  laboratory.startProxy({
    kind,
    allow: ['www.example.org:80,443'],
    environment: { EGRESS_METRICS: metrics, EGRESS_CREDENTIALS: hashesOf('web.1', 'batch.1') },
  });

const metricsOf = async ({ host }: Proxy) => samplesOf(await (await fetch(`http://${host}:${PORT}/metrics`)).text());

/** KiB that the process for the metrics has to itself. */
const COUNTER = `for p in /proc/[0-9]*; do
  case $(tr '\\0' ' ' <"$p/cmdline") in */metrics\\ ${PORT}*) echo "\${p#/proc/} $(grep Private_Dirty "$p/smaps_rollup")" ;; esac
done`;

const counterOf = async ({ container }: Proxy) => {
  const [, pid = '', kibibytes = ''] = /^(\d+) \D+(\d+) kB/.exec(await shell(container, COUNTER)) ?? [];
  return { pid, kibibytes: Number(kibibytes) };
};

testSideBySide('counts requests by client and bytes by host, and shows its health', async (kind) => {
  const proxy = await start(kind);
  const ask = async (url: string, headers = as('web.1')) => (await request(proxy, url, { headers })).status;
  expect(await ask('http://www.example.org/')).toBe(200);
  expect(await ask('http://www.example.org/', as('batch.1'))).toBe(200);
  expect(await ask('http://www.example.com/')).toBe(403);
  const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443', as('web.1')), {
    servername: 'www.example.org',
  });
  const during = await metricsOf(proxy);
  expect(during.get('egress_connections{side="client"}')).toBe(1);
  expect(during.get('egress_connections{side="destination"}')).toBeGreaterThanOrEqual(1);
  expect(during.get('egress_healthy')).toBe(1);
  expect(during.get('egress_sockets')).toBeLessThan(during.get('egress_sockets_limit') ?? 0);
  tunnel.destroy();
  const after = await until('the tunnel in the metrics', async () => {
    const values = await metricsOf(proxy);
    return values.get('egress_requests_total{client="web",verdict="allowed",rule="listed"}') === 2 ? values : undefined;
  });
  expect(after.get('egress_requests_total{client="batch",verdict="allowed",rule="listed"}')).toBe(1);
  expect(after.get('egress_requests_total{client="web",verdict="refused",rule="not-listed"}')).toBe(1);
  expect(after.get('egress_refused_hosts')).toBe(1);
  const lines = readLog((await logs(proxy.container)).stdout).entries.filter(({ verdict }) => verdict === 'allowed');
  for (const [direction, field] of [
    ['out', 'received'],
    ['in', 'sent'],
  ] as const) {
    const logged = lines.reduce((sum, line) => sum + line[field], 0);
    expect(after.get(`egress_host_bytes_total{host="www.example.org",direction="${direction}"}`)).toBe(logged);
  }
  expect((await counterOf(proxy)).kibibytes).toBeLessThan(MOST_KIB);
});

testSideBySide(
  'counts the sockets that count for its limit: neither listening ones nor those of the metrics',
  async (kind) => {
    const proxy = await start(kind);
    const sockets = async () => (await metricsOf(proxy)).get('egress_sockets');
    const untilThere = (expected: number) =>
      until(`${expected} sockets`, async () => ((await sockets()) === expected ? true : undefined));
    await untilThere(0);
    const tunnel = await secure(await openTunnel(proxy, 'www.example.org:443', as('web.1')), {
      servername: 'www.example.org',
    });
    await untilThere(2);
    tunnel.destroy();
    await untilThere(0);
  },
);

testSideBySide('without metrics, nothing listens and nothing more runs', async (kind) => {
  const proxy = await start(kind, '');
  await expect(metricsOf(proxy)).rejects.toThrow('fetch failed');
  expect((await counterOf(proxy)).pid).toBe('');
});

testSideBySide('a proxy that stops logs its last tunnels, and ends in time', async (kind) => {
  const proxy = await start(kind);
  const tunnel = await openTunnel(proxy, 'www.example.org:443', as('web.1'));
  tunnel.on('error', () => undefined);
  await docker('stop', '-t', '10', proxy.container);
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', proxy.container)).toBe('0');
  expect(readLog((await logs(proxy.container)).stdout).entries.filter(({ client }) => client === 'web')).toHaveLength(
    1,
  );
});

testSideBySide('if the program that counts its log ends, the proxy ends, and serves nothing unlogged', async (kind) => {
  const proxy = await start(kind);
  const { pid } = await counterOf(proxy);
  await shell(proxy.container, `kill -KILL ${pid}`);
  await request(proxy, 'http://www.example.org/', { headers: as('web.1') }).catch(() => undefined);
  const state = () => docker('inspect', '--format', '{{.State.Running}} {{.State.ExitCode}}', proxy.container);
  expect(await until('its end', async () => ((await state()).startsWith('false') ? state() : undefined))).toMatch(
    /^false [1-9]/,
  );
});

testSideBySide('a hanging proxy is reported as such by the program that still counts', async (kind) => {
  const proxy = await start(kind);
  await shell(proxy.container, 'kill -STOP $(pgrep -x squid || grep -l "^squid" /proc/[0-9]*/comm | cut -d/ -f3)');
  expect((await metricsOf(proxy)).get('egress_healthy')).toBe(0);
});
