import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQUID } from '../../constructs/app-source';
import { hashesOf } from './client';
import { render } from './rules';

const LIBRARY = join(SQUID, 'lib');

const run = (code: string, memory: string | undefined, ...more: string[]): string =>
  execFileSync('perl', ['-I', LIBRARY, '-MEgress::Limits', '-MEgress::Log', '-e', code, ...more], {
    env: { PATH: process.env.PATH, ...(memory !== undefined && { MEMORY_LIMIT: memory }) },
    encoding: 'utf8',
    stdio: 'pipe',
  });

/** The number of tunnels for this memory limit from the platform. */
const tunnelsIn = (memory: string | undefined): number =>
  Number(run('print Egress::Limits::tunnels(\\%ENV, 0)', memory));

test('more memory holds more tunnels', () => {
  const tunnels = ['96m', '128m', '256m', '512m', '1024m'].map(tunnelsIn);
  expect(tunnels).toEqual([...new Set(tunnels)].sort((a, b) => a - b));
});

// Squid's reserve of descriptors, below which it accepts no connections, and its open descriptors besides sockets.
const reservedOf = (descriptors: number): number => Math.min(100, Math.floor(descriptors / 4));
const OWN = 18;

test('an eighth of what squid accepts is for refusals, and at least 8 connections, so that those beyond the limit get a page', () => {
  for (const mib of [16, 32, 64, 96, 128, 256, 4096]) {
    const limits = run('print Egress::Limits::from_environment(\\%ENV, 0)', `${mib}m`);
    const [descriptors = NaN, most = NaN] = [/max_filedescriptors (\d+)/, /most=(\d+)/].map((figure) =>
      Number(figure.exec(limits)?.[1]),
    );
    const refusals = descriptors - reservedOf(descriptors) - OWN - most;
    const least = Math.max(8, (most + refusals) / 8);
    expect([mib, refusals >= least, refusals < least + 3]).toEqual([mib, true, true]);
  }
});

test.each<readonly [string | undefined, string, string]>([
  [undefined, '128m', 'the default of the constructs'],
  ['', '128m', 'the default as well'],
  ['1g', '1024m', 'a gigabyte'],
  ['1GB', '1024m', 'a gigabyte'],
  ['256MB', '256m', 'the same'],
  ['1m', '16m', 'the fewest'],
  ['16000m', '64000m', 'the most'],
])('%s is taken as %s: %s', (memory, same) => {
  expect(tunnelsIn(memory)).toBe(tunnelsIn(same));
});

test.each(['lots', '128', '0m', '1.5g', '128k', '128m '])('%j is refused, because it is not an amount', (memory) => {
  expect(() => tunnelsIn(memory)).toThrow(
    `MEMORY_LIMIT: "${memory}" is not an amount of memory: write it like 128m or 1g`,
  );
});

test("long lists take memory from tunnels, but 10,000 ordinary names don't", () => {
  const tunnelsWith = (bytes: number): number =>
    Number(
      run(
        `print Egress::Limits::tunnels({ MEMORY_LIMIT => '64m', EGRESS_ALLOW => 'x' x ${bytes / 2}, EGRESS_ALLOW_1 => 'x' x ${bytes / 2} }, 0)`,
        undefined,
      ),
    );
  expect(tunnelsWith(10_000 * 40)).toBe(tunnelsWith(0));
  expect(tunnelsWith(2_000_000)).toBeLessThan(tunnelsWith(1_000_000));
});

describe('where control groups', () => {
  const folder = mkdtempSync(join(tmpdir(), 'space-egress-limits-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const limitsWith = (groups: string, memory: string): string => {
    const file = join(folder, 'cgroup');
    writeFileSync(file, groups);
    return run(
      'print Egress::Limits::from_environment(\\%ENV, Egress::Limits::counts_buffers($ARGV[0]))',
      memory,
      file,
    );
  };
  const connections = (limits: string): number => Number(/client_ip_max_connections (\d+)/.exec(limits)?.[1]);
  const FIRST = '9:name=systemd:/a\n4:memory:/a\n3:cpu,cpuacct:/a\n';

  test('count what the kernel keeps for sockets (version 2), it is limited, and there are fewer tunnels', () => {
    const first = limitsWith(FIRST, '128m');
    const second = limitsWith('0::/a\n', '128m');
    expect(first).not.toContain('tcp_recv_bufsize');
    expect(second).toContain('\ntcp_recv_bufsize 64 KB\n');
    expect(connections(second)).toBeLessThan(connections(first));
  });

  test('count it in a smaller container, the bound is smaller', () => {
    expect(limitsWith('0::/a\n', '64m')).toContain('\ntcp_recv_bufsize 32 KB\n');
    expect(limitsWith('0::/a\n', '4096m')).toContain('\ntcp_recv_bufsize 64 KB\n');
  });

  test("can't be read, they are assumed to count it", () => {
    expect(run('print Egress::Limits::counts_buffers("/nowhere/cgroup")', undefined)).toBe('1');
  });

  // The worst measurements in decision 24, in KiB, and squid's memory before the first connection.
  const [IDLE, OF_SQUID, BUFFERS] = [18 * 1024, 640, 2.9];

  test.each([FIRST, '0::/a\n'])('say %j, the memory is enough for every possible socket, full', (groups) => {
    for (const mib of [48, 64, 96, 128, 192, 256, 512, 1024, 2048]) {
      const limits = limitsWith(groups, `${mib}m`);
      const descriptors = Number(/max_filedescriptors (\d+)/.exec(limits)?.[1]);
      const buffer = Number(/tcp_recv_bufsize (\d+) KB/.exec(limits)?.[1] ?? 0);
      const sockets = descriptors - reservedOf(descriptors) - OWN;
      const taken = (IDLE + sockets * (OF_SQUID + BUFFERS * buffer)) / 1024;
      expect({ mib, taken, fits: taken <= 0.9 * mib }).toEqual({ mib, taken, fits: true });
    }
  });

  test('of both versions exist, the one that names memory counts', () => {
    expect(limitsWith('5:cpu,memory:/a\n0::/a\n', '128m')).toBe(limitsWith(FIRST, '128m'));
  });
});

/** The whole configuration of squid, with every kind of line that a list can cause. */
const configuration = (): string[] =>
  [
    readFileSync(join(SQUID, 'squid.conf'), 'utf8'),
    run('print Egress::Limits::from_environment({}, 1), Egress::Log::render("start")', undefined),
    render({
      EGRESS_ALLOW: 'www.example.org:443 until 2026-12-31',
      EGRESS_CREDENTIALS: hashesOf('web.1'),
      EGRESS_CLIENTS: 'web web.example.org:443',
    }).stdout,
  ].flatMap((text) => text.split('\n'));

/** Codes that no client can influence: addresses, numbers, times, and configured names. */
const NOT_A_CLIENTS = [
  '%ACL',
  '%DATA',
  '%>a',
  '%>p',
  '%<a',
  '%ts',
  '%.3tS',
  '%03tu',
  '%{%Y-%m-%dT%H:%M:%S}tg',
  '%tr',
  '%>st',
  '%<st',
  '%>Hs',
  '%Ss',
  '%{client}note',
];

const codes = (line: string): string[] =>
  line.match(/%(?:[#'"]?[0-9.]*(?:\{[^}]*\})?(?:[<>]?[A-Z][A-Za-z]*|ssl::[<>]?[a-z_]+|[<>]?[a-z]+S?))/g) ?? [];

test('whatever a client can choose is URL-encoded, in each question to a helper and each line of the log', () => {
  const lines = configuration().filter((line) => /^(external_acl_type|logformat) /.test(line));
  const kinds = lines.map((line) => line.split(' ').slice(0, 2).join(' ')).sort();
  expect(kinds).toEqual([
    ...['before', 'credentials', 'crowd', 'plain', 'question', 'room', 'share', 'wait'].map(
      (name) => `external_acl_type ${name}`,
    ),
    ...['json', 'tunnel'].map((name) => `logformat ${name}`),
  ]);
  const all = lines.flatMap(codes);
  expect(all).toEqual(expect.arrayContaining(['%#{Proxy-Authorization}>h', '%#.300ssl::>sni', '%#.300>rd']));
  // Every percent sign is a part of a code that was found.
  expect(lines.join('').split('%')).toHaveLength(all.join('').split('%').length);
  expect(all.filter((code) => !code.startsWith('%#') && !NOT_A_CLIENTS.includes(code))).toEqual([]);
});

test("names that a client makes up take at most a megabyte of a question's cached answers", () => {
  const [question = ''] = configuration().filter((line) => line.startsWith('external_acl_type question '));
  const widths = [...question.matchAll(/%#\.?(\d*)/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(2);
  const kept = Number(/ cache=(\d+) /.exec(question)?.[1]) * widths.reduce((sum, width) => sum + width, 0);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(2 ** 20);
});
