import { randomBytes } from 'node:crypto';
import { readLog } from '../support/proxy-log';
import { bytes, inside } from './attempts/ways';
import type { Places } from './attempts';
import { openTunnel, request } from './client';
import { logs, removeAll, shell, until } from './docker';
import { greeting } from './client-hello';
import { type Kind, KINDS, type Laboratory, type Proxy, startEach, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

/** Squid truncates longer lines. */
const SQUID_CUTS_AT = 8_192;
const FIELDS = ['time', 'start', 'client', 'user', 'method', 'host', 'port', 'verdict', 'rule', 'tls'] as const;

let laboratory: Laboratory;
let places: Places;
let proxies: Record<Kind, Proxy>;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ 'www.example.org': [site], '*.example.org': [site] }));
  const { site, nobody, private: net } = laboratory;
  places = { site, nobody, privateAddress: net.address, queries: () => laboratory.queries() };
  proxies = await startEach(laboratory, { allow: ['.example.org:80,443'] });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

describe.each(KINDS)('by %s,', (kind) => {
  const printed = () => logs(proxies[kind].container);

  /** Everything on standard output, when it includes a request that was sent after all others. */
  const settled = async (): Promise<string[]> => {
    const witness = `witness-${randomBytes(4).toString('hex')}.example.net`;
    await request(proxies[kind], `http://${witness}/`);
    return until('the witness', async () => {
      const { stdout } = await printed();
      return stdout.includes(witness) ? stdout.trimEnd().split('\n') : undefined;
    });
  };

  const SECRET = 's3cr3t-of-a-client';
  const FORGED =
    '{"time":"2026-11-24T14:56:24.323Z","host":"attacker.example.net","verdict":"refused","rule":"not-listed"}';
  const SECRETS = [
    `Authorization: Bearer ${SECRET}`,
    `Proxy-Authorization: Basic ${SECRET}`,
    `Cookie: ${SECRET}`,
    `X-Any: ${SECRET}`,
    FORGED,
    `X-Escape: \x1b[2J${SECRET}`,
  ];
  const asking = (target: string, ...headers: string[]) =>
    [`${target} HTTP/1.1`, 'Host: www.example.org', ...headers, ...SECRETS, 'Connection: close', '', ''].join('\r\n');
  const URL = `http://www.example.org/${SECRET}?key=${SECRET}`;

  test.each([
    ['a NUL in a header', asking(`GET ${URL}`, 'X-Nul: a\0b')],
    ['the proxy in Via', asking(`GET ${URL}`, 'Via: 1.1 egress (squid)')],
    [
      'the proxy in Via of a host that is not listed',
      asking(`GET http://www.example.net/${SECRET}`, 'Via: 1.1 egress'),
    ],
    ['two lengths', asking(`POST ${URL}`, 'Content-Length: 1', 'Content-Length: 2')],
    ['an invalid length', asking(`POST ${URL}`, `Content-Length: ${SECRET}`)],
    ['invalid chunks', `${asking(`POST ${URL}`, 'Transfer-Encoding: chunked')}${SECRET}\r\n`],
    ['a header without a colon', asking(`GET ${URL}`, SECRET)],
    ['a space before a colon', asking(`GET ${URL}`, `X-Space : ${SECRET}`)],
    ['a header over two lines', asking(`GET ${URL}`, `X-Folded: a\r\n ${SECRET}`)],
    ['a bare carriage return', asking(`GET ${URL}`, `X-Bare: a\r${SECRET}`)],
    ['a URL without a host', asking(`GET http:///${SECRET}`)],
    ['a URL with an invalid name', asking(`GET http://${SECRET}_\x01/`)],
    ['a URL of 10 KB', asking(`GET ${URL}${'x'.repeat(10_000)}`)],
    ['a header of 40 KB', asking(`GET ${URL}`, `X-Long: ${'x'.repeat(40_000)}`)],
    ['another version', asking(`GET ${URL}`).replace('HTTP/1.1', 'HTTP/7.1')],
    ['an expectation', asking(`POST ${URL}`, `Expect: ${SECRET}`, 'Content-Length: 1')],
    ['a tunnel to a user and a host', asking(`CONNECT ${SECRET}@www.example.org:443`)],
    ['a range of a million', asking(`GET ${URL}`, `Range: bytes=${'0-1,'.repeat(1_000)}`)],
    ['an address as X-Forwarded-For', asking(`GET ${URL}`, `X-Forwarded-For: ${SECRET}`)],
    ['nothing but the secret', `${SECRET}\r\n\r\n`],
  ])('of a request with %s, nothing is on standard error, and no secret on standard output', async (_, text) => {
    await bytes(text)(proxies[kind], places);
    const lines = await settled();
    const { stderr } = await printed();
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain('attacker.example.net');
    expect(stderr).not.toContain('\x1b');
    expect(lines.join('\n')).not.toContain('attacker.example.net');
    // The log is about hosts, users, and methods, so only these fields can contain it.
    expect(lines.join('\n').replaceAll(/"(?:host|user|method)":"[^"]*"/g, '')).not.toContain(SECRET);
  });

  test.each([
    ['with an unknown Expect header', 'GET http://www.example.org/', 'Expect: nothing'],
    ['of an unknown version', 'GET http://www.example.org/ HTTP/7.1', ''],
    ['that is refused', 'GET http://www.example.net/', ''],
    ['that is allowed, whatever its X-Forwarded-For says', 'GET http://www.example.org/', 'X-Forwarded-For: 192.0.2.7'],
  ])('the line of a request %s has the address that it came from', async (_, start, header) => {
    const before = (await settled()).length;
    const version = start.includes(' HTTP/') ? '' : ' HTTP/1.1';
    const lines = [`${start}${version}`, 'Host: www.example.org', ...(header ? [header] : []), 'Connection: close'];
    await bytes([...lines, '', ''].join('\r\n'))(proxies[kind], places);
    const after = (await settled()).map((line) => JSON.parse(line) as { client: string });
    const [line, witness] = after.slice(before);
    expect(line?.client).toMatch(/^10\./);
    expect(line?.client).toBe(witness?.client);
  });

  test.each([
    ['that names the proxy in Via', 'Via: 1.1 egress (squid)', { status: 403, verdict: 'failed', rule: 'unsent' }],
    ['for a cached answer', 'Cache-Control: only-if-cached', { status: 504, verdict: 'failed', rule: 'unsent' }],
    ['that a site answers with an error', 'X-Any: thing', { status: 403, verdict: 'allowed', rule: 'listed' }],
  ])('the line of a request %s says whether it was sent', async (_, header, expected) => {
    const before = (await settled()).length;
    const lines = ['GET http://www.example.org/forbidden HTTP/1.1', 'Host: www.example.org', header];
    await bytes([...lines, 'Connection: close', '', ''].join('\r\n'))(proxies[kind], places);
    const [line] = (await settled()).slice(before).map((each) => JSON.parse(each) as unknown);
    expect(line).toMatchObject(expected);
  });

  test("a line is short and valid JSON, however long a client's values are", async () => {
    const long = (length: number) => 'x"\\\n\x1b\xff%'.repeat(length).slice(0, length);
    const ask = (text: string) => bytes(text)(proxies[kind], places);
    for (const length of [250, 3_000, 9_000, 30_000]) {
      await ask(`GET http://${'a'.repeat(length)}.example.org/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await ask(`${'M'.repeat(length)} http://www.example.org/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await ask(`GET http://www.example.org:${'8'.repeat(length)}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await ask(`CONNECT ${'a'.repeat(length)}.example.org:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      if (length > 16_000) continue;
      for (const name of ['x'.repeat(length), long(length).replaceAll('\n', '-')]) {
        await inside('www.example.org:443', greeting(name).toString('latin1'), 500)(proxies[kind], places);
      }
    }
    const lines = await settled();
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.filter(({ tls }) => String(tls).startsWith('xxx')).length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(SQUID_CUTS_AT / 4);
    expect(entries.slice(1).every((entry) => FIELDS.every((field) => typeof entry[field] === 'string'))).toBe(true);
  });

  test('the first line announces the value of this start, and the reader accepts all lines', async () => {
    await openTunnel(proxies[kind], 'www.example.org:443').then((socket) => socket.destroy());
    const lines = await settled();
    const [first, ...rest] = lines.map((line) => JSON.parse(line) as { start: string; message?: string });
    expect(first).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      start: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      message: 'the proxy starts',
    });
    expect(rest.filter(({ start, message }) => start !== first?.start || message !== undefined)).toEqual([]);
    expect(readLog(lines.join('\n')).doubted).toEqual({ stream: 0, form: 0, start: 0 });
  });

  test('each start has its own value', async () => {
    const announced = async ({ container }: Proxy) =>
      (JSON.parse((await logs(container)).stdout.split('\n')[0] ?? '') as { start: string }).start;
    expect(await announced(await laboratory.startProxy({ kind }))).not.toBe(await announced(proxies[kind]));
  });

  test('a helper that ends is reported on standard error', async () => {
    const proxy = await laboratory.startProxy({ kind, allow: ['www.example.org:80'] });
    await request(proxy, 'http://www.example.org/');
    const kill = "kill -KILL $(grep -l '[q]uestions.awk' /proc/[0-9]*/cmdline | cut -d/ -f3 | head -n 1)";
    await shell(proxy.container, kill);
    await until('the complaint', async () =>
      /WARNING: \w+ #\S+ exited/.test((await logs(proxy.container)).stderr) ? true : undefined,
    );
  });
});
