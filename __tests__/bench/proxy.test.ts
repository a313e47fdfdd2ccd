import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { mebibytesOf, NETWORK, SITE } from '../../bench/proxy/arena';
import { barsOf, costsOf } from '../../bench/proxy/bars';
import { CADDY, contestants, DIRECT, fromOption, SMOKESCREEN, SQUID, TINYPROXY } from '../../bench/proxy/contestants';
import { RATES, ratioOf, type Results } from '../../bench/proxy/measures';
import { CHART, chartOf, measuredPart, publishedPart, recorded, RESULTS } from '../../bench/proxy/page';
import { listed, portsOf } from '../../bench/proxy/peers';
import { REPOSITORY } from '../../tools/platform';
import { inRange } from '../squid/rules';

const figures = readFileSync(RESULTS, 'utf8');
const results = JSON.parse(figures) as Results;
const images = { ours: 'ours', peers: 'peers' };

const rates = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 9 });

test('a ratio lies between those of its rounds, and its inverse is the ratio the other way round', () => {
  fc.assert(
    fc.property(rates, rates, (a, b) => {
      const rounds = Math.min(a.length, b.length);
      const [ours, theirs] = [a.slice(0, rounds), b.slice(0, rounds)];
      const [there, back] = [ratioOf(ours, theirs), ratioOf(theirs, ours)];
      expect(there.min).toBeLessThanOrEqual(there.median);
      expect(there.median).toBeLessThanOrEqual(there.max);
      expect(there.min * back.max).toBeCloseTo(1);
      expect(there.max * back.min).toBeCloseTo(1);
    }),
  );
});

test('rounds that only one side has are left out of the ratio', () => {
  expect(() => ratioOf([1, 2], [1])).toThrow('2 and 1 rounds have no ratio');
  expect(() => ratioOf([], [])).toThrow('0 and 0 rounds have no ratio');
});

test('the page, its chart and the recorded figures match: npm run bench -- proxy', () => {
  expect(publishedPart()).toBe(measuredPart(results).trim());
  expect(readFileSync(CHART, 'utf8')).toBe(chartOf(results));
  expect(figures).toBe(`${recorded(results)}\n`);
});

test('everyone on the page is a current contestant, with a figure for each round of each measure', () => {
  const names = Object.keys(Object.values(results.speed)[0] ?? {});
  expect(names).toEqual(contestants(images).map(({ name }) => name));
  const rounds = Object.values(results.speed).map((by = {}) => names.map((name) => by[name]?.length));
  expect(rounds).toEqual(rounds.map(() => names.map(() => results.rounds)));
  expect(costsOf(results).every(([, seen]) => /^\d+\.\d\d /.test(seen))).toBe(true);
});

test('a bar is met by the median, and by nothing less', () => {
  const [name = ''] = RATES;
  const slower = Object.fromEntries(
    Object.entries(results.speed).map(([measure, by = {}]) => [measure, { ...by, [SQUID]: by[CADDY]?.map(() => 1) }]),
  );
  expect(name).not.toBe('');
  const speed = barsOf({ ...results, speed: slower }).filter(({ what }) => /64 connections|plain tunnel/.test(what));
  expect(speed.map(({ met }) => met)).toEqual([false, false]);
});

test('the chart has a mark for each rate and peer, inside its frame, in both color schemes', () => {
  const chart = chartOf(results);
  const marks = [...chart.matchAll(/<circle class="\w" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(chart) ?? [];
  const peers = Object.keys(results.speed[RATES[0] ?? ''] ?? {}).filter((peer) => !/^squid|credentials/.test(peer));
  expect(peers).toEqual([CADDY, SMOKESCREEN, TINYPROXY, DIRECT]);
  expect(marks).toHaveLength((1 + RATES.length) * peers.length);
  expect(marks.filter(([x = -1, y = -1]) => x < 0 || x > Number(width) || y < 0 || y > Number(height))).toEqual([]);
  expect(chart).toContain('prefers-color-scheme: dark');
});

test('another peer is started by its command, with its port and the list', () => {
  const { name, container } = fromOption('other=run --port "$PORT" a=b', images, '/tmp/list');
  expect(name).toBe('other');
  expect(container?.(3107)).toMatchObject({
    image: 'peers',
    environment: { PORT: '3107', ALLOWLIST: '/tmp/list', COMMAND: 'run --port "$PORT" a=b' },
  });
  expect(() => fromOption('other', images, '/tmp/list')).toThrow("'other' is not a peer: write NAME=COMMAND");
});

test('every proxy listens on the given port', () => {
  for (const { name, container } of contestants(images)) {
    const made = container?.(3999);
    expect([name, JSON.stringify(made?.files ?? '').includes('3999')]).toEqual([name, name !== DIRECT]);
  }
});

test("memory counts each process's private pages, and shared files once", () => {
  const mapping = (file: string, rss: number, anonymous: number): string =>
    [`7f00-7f10 r-xp 00001000 08:01 12 ${file}`, `Rss: ${rss} kB`, 'Pss: 1 kB', `Anonymous: ${anonymous} kB`, ''].join(
      '\n',
    );
  const squid = mapping('/lib/libc.so.6', 2048, 0) + mapping('', 4096, 4096) + mapping('/usr/sbin/squid', 1536, 512);
  const helper = mapping('/lib/libc.so.6', 1024, 0) + mapping('', 1024, 1024);
  expect(mebibytesOf(`${squid}end\n${helper}end\n`)).toBe(2 + 4 + 1.5 + 1);
});

const SQUID_FOLDER = join(REPOSITORY, 'squid');

test('ours is the image as it is deployed, except for its ports', () => {
  const deployed = readFileSync(join(SQUID_FOLDER, 'squid.conf'), 'utf8').split('\n');
  const ours = contestants(images).flatMap(({ container }) => container?.(3999) ?? []);
  for (const { files = {}, ...rest } of ours.filter(({ image }) => image === 'ours')) {
    expect(Object.keys(rest).sort()).toEqual(['environment', 'image']);
    expect(Object.keys(files)).toEqual(['/opt/egress-proxy/squid.conf']);
    const lines = files['/opt/egress-proxy/squid.conf']?.split('\n') ?? [];
    const others = lines.filter((line, index) => line !== deployed[index]);
    expect(others.map((line) => line.split(' ', 2))).toEqual([
      ['http_port', '3999'],
      ['http_port', '4999'],
    ]);
    expect(lines).toHaveLength(deployed.length);
  }
});

test("a proxy next to the load's site allows a name to lead there", () => {
  const program = 'print join " ", Egress::SpecialAddresses::closed_ipv4(map { Egress::Range::cidr($_) } @ARGV)';
  const closedTo = (...networks: string[]): string[] =>
    execFileSync('perl', ['-I', join(SQUID_FOLDER, 'lib'), '-MEgress::SpecialAddresses', '-e', program, ...networks], {
      encoding: 'utf8',
    }).split(' ');
  const closes = (networks: string[]): boolean => networks.some((network) => inRange(network, SITE));
  expect([closes(closedTo()), closes(closedTo(NETWORK))]).toEqual([true, false]);
});

test('a line of the list is translated for proxies with simpler lists', () => {
  const all = ['.example.org:80,443', 'git.example.gov:22/tcp', 'a.example:443@10.0.0.0/8'].map(listed);
  expect(all).toEqual([
    { host: 'example.org', below: true, ports: [80, 443] },
    { host: 'git.example.gov', below: false, ports: [22] },
    { host: 'a.example', below: false, ports: [443] },
  ]);
  expect(portsOf(all)).toEqual([22, 80, 443]);
  expect(() => listed('example.org')).toThrow("'example.org' is not a destination");
});
