import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { logCommand, printDoubts, printSummary } from '../../../cli/log/command';
import { type Entry, eachLine } from '../../../cli/log/line';
import { refusedIn, remedyFor } from '../../../cli/log/remedy';
import { Traffic, type Row } from '../../../cli/log/traffic';
import { codePoint, drawn } from '../../support/laws';
import { readLog } from '../../support/proxy-log';
import { temporaryFolder } from '../../support/temporary-folder';

const START = '0123456789abcdef0123456789abcdef';

const announcement = (start = START): string =>
  JSON.stringify({ time: '2026-11-24T14:00:00.000Z', start, message: 'the proxy starts' });

const line = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    time: '2026-11-24T14:56:24.323Z',
    start: START,
    client: '10.255.0.16',
    user: '-',
    method: 'CONNECT',
    host: 'www.example.net',
    port: '443',
    verdict: 'refused',
    rule: 'not-listed',
    tls: '-',
    status: 407,
    result: 'TCP_DENIED',
    address: '-',
    received: 84,
    sent: 627,
    duration: 0,
    ...fields,
  });
const read = (...lines: string[]) => readLog(lines.join('\n'));
const entries = (...lines: string[]): readonly Entry[] => read(announcement(), ...lines).entries;
const readEntry = (text: string): Entry | undefined => entries(text)[0];
const marked = (text: string, stream = 'OUT', source = 'APP/PROC/WEB/0'): string =>
  `   2026-11-24T14:56:24.32+0000 [${source}] ${stream} ${text}`;
const summarize = (all: readonly Entry[]): Row[] => {
  const traffic = new Traffic();
  for (const entry of all) traffic.add(entry);
  return traffic.rows();
};
const rowOf = (fields: Readonly<Record<string, unknown>>): Row => summarize(entries(line(fields)))[0] as Row;
const remedy = (fields: Readonly<Record<string, unknown>>, notListed: string[] = [], excepted: string[] = []) =>
  remedyFor(
    rowOf(fields),
    refusedIn([
      ...notListed.map((host) => ({ host, rule: 'not-listed' })),
      ...excepted.map((host) => ({ host, rule: 'excepted' })),
    ]),
  );

describe('a line of the log', () => {
  test('is read with and without the prefix of cf logs', () => {
    expect(read(marked(announcement()), marked(line())).entries).toEqual([readEntry(line())]);
  });

  test('names the client without the version of its password, or else its address', () => {
    expect(readEntry(line({ user: 'web.2' }))).toMatchObject({ client: 'web', named: true });
    expect(readEntry(line())).toMatchObject({ client: '10.255.0.16', named: false });
  });

  test('has a host in one spelling', () => {
    expect(readEntry(line({ host: 'WWW.Example.net.' }))).toMatchObject({ host: 'www.example.net' });
  });

  test.each(['', 'egress-proxy: 2 destinations for all, port 3128', '{"time":', line({ verdict: '-' }), '{"time":1}'])(
    'that is no request is left out: %s',
    (text) => {
      expect(readEntry(text)).toBeUndefined();
    },
  );

  test('never makes the reader fail, or controls the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.string(), (host, rest) => {
        readEntry(`{"time":${rest}`);
        const entry = readEntry(line({ host: encodeURIComponent(host) }));
        // eslint-disable-next-line no-control-regex -- control characters, which terminals interpret
        expect(entry?.host).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });
});

describe('of lines that could be forged,', () => {
  const OTHER = 'f'.repeat(32);
  const forged = line({ host: 'attacker.example.net', start: OTHER });
  const hosts = (...lines: string[]) => read(...lines).entries.map(({ host }) => host);
  const NONE = { stream: 0, form: 0, start: 0 };

  test('one on standard error is never accepted, but counted', () => {
    const log = [marked(announcement()), marked(line()), marked(line({ host: 'attacker.example.net' }), 'ERR')];
    expect(hosts(...log)).toEqual(['www.example.net']);
    expect(read(...log).doubted).toEqual({ ...NONE, stream: 1 });
  });

  test('one without the value that its proxy announced is not accepted, but counted', () => {
    expect(hosts(announcement(), line(), forged)).toEqual(['www.example.net']);
    expect(read(announcement(), line(), forged, line({ start: undefined })).doubted).toEqual({ ...NONE, start: 2 });
  });

  test('an announcement after another line proves nothing, unless the platform says who wrote it', () => {
    expect(hosts(line(), announcement(), line())).toEqual([]);
    expect(hosts(announcement(), line(), announcement(OTHER), forged)).toEqual(['www.example.net']);
    const restarted = [announcement(), line(), announcement(OTHER), line({ start: OTHER, host: 'later.example.net' })];
    expect(hosts(...restarted.map((text) => marked(text)))).toEqual(['www.example.net', 'later.example.net']);
  });

  test('a file whose marks begin after its first line counts as unmarked', () => {
    const log = [announcement(), marked(announcement(OTHER)), marked(forged), line()];
    expect(hosts(...log)).toEqual(['www.example.net']);
  });

  test('a line without a mark is ignored in a file that has marks', () => {
    expect(hosts('Retrieving logs for app ...', marked(announcement()), forged, line(), marked(line()))).toHaveLength(
      1,
    );
  });

  test('output of other parts of the platform is ignored', () => {
    expect(hosts(marked(line(), 'OUT', 'RTR/0'), marked(line(), 'OUT', 'APP/TASK/x/0'))).toEqual([]);
  });

  test('if the platform no longer has the announcement, lines that agree count', () => {
    expect(hosts(marked(line()), marked(line()))).toHaveLength(2);
    const disagreeing = [marked(line()), marked(forged)];
    expect(read(...disagreeing)).toEqual({ entries: [], doubted: { ...NONE, start: 2 } });
    const other = marked(line({ start: OTHER, host: 'other.example.net' }), 'OUT', 'APP/PROC/WEB/1');
    expect(hosts(marked(line()), other)).toEqual(['www.example.net', 'other.example.net']);
  });

  test("lines in a drain's archive are identified by their priority, and the archive must have one proxy", () => {
    const drained = (text: string, priority = 14, id = 'id-1', source = 'APP/PROC/WEB/0'): string =>
      `<${priority}>1 2026-11-24T14:56:24.323456+00:00 org.space.${id} ${id} [${source}] - [tags@47450 a="\\]\\"[" b="1"][x@1] ${text}`;
    const own = [drained(announcement()), `512 ${drained(line())}`];
    expect(hosts(...own, drained(line({ host: 'err.example.net' }), 11))).toEqual(['www.example.net']);
    expect(hosts(...own, drained(forged, 14, 'id-1', 'RTR/1'), drained('hello', 14, 'id-2'))).toHaveLength(1);
    const both = [...own, drained(announcement(OTHER), 14, 'id-2'), drained(forged, 14, 'id-2')];
    expect(() => hosts(...both)).toThrow(
      "org.space.id-1 (id-1) and org.space.id-2 (id-2) both have lines like a proxy's in this log: use --of",
    );
    for (const name of ['id-1', 'org.space.id-1']) {
      expect(readLog(both.join('\n'), name).entries.map(({ host }) => host)).toEqual(['www.example.net']);
    }
  });

  test.each([
    ['a sign that terminals obey', line().replace('"GET"', '').replace('CONNECT', 'GET\u001b[2J')],
    ['one that is escaped', line({ method: 'GET\u001b[2J' })],
    ['a letter that turns the direction of writing', line({ method: 'GET\u202e' })],
    ['a cut in it', line().slice(0, 200)],
  ])('one with %s is not accepted, but counted', (_, text) => {
    expect(read(announcement(), text)).toEqual({ entries: [], doubted: { ...NONE, form: 1 } });
  });

  test('no text without the value becomes an entry', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: codePoint }), fc.constantFrom(forged, announcement(OTHER)))),
        (texts) => {
          const around = [announcement(), ...texts, line()].flatMap((text) => text.split('\n'));
          expect(hosts(...around)).toEqual(['www.example.net']);
        },
      ),
      drawn(30),
    );
  });

  test('ignored lines are reported with the reason', () => {
    expect(printDoubts(NONE)).toEqual([]);
    expect(printDoubts({ stream: 3, form: 0, start: 1 })).toEqual([
      expect.stringMatching(/^ignored: 3 of the lines, on standard error/),
      expect.stringMatching(/^ignored: 1 of the lines, without the value/),
    ]);
  });
});

describe('the summary', () => {
  test('has a row for each client, host and verdict, what was refused most first', () => {
    const web = { user: 'web.1' };
    const rows = summarize(
      entries(
        line({ ...web, verdict: 'allowed', rule: 'listed', host: 'www.example.org' }),
        line({ ...web, host: 'a.example.net' }),
        line({ ...web, host: 'b.example.net', time: '2026-11-24T14:00:00.000Z' }),
        line({ ...web, user: 'web.2', host: 'b.example.net', time: '2026-11-24T15:00:00.000Z' }),
        line({ ...web, verdict: 'failed', rule: 'name', host: 'c.example.net' }),
        line({ user: 'batch.1', host: 'b.example.net' }),
      ),
    );
    expect(rows.map(({ client, host, verdict, requests, bytes }) => [client, host, verdict, requests, bytes])).toEqual([
      ['web', 'b.example.net', 'refused', 2, 1422],
      ['batch', 'b.example.net', 'refused', 1, 711],
      ['web', 'a.example.net', 'refused', 1, 711],
      ['web', 'c.example.net', 'failed', 1, 711],
      ['web', 'www.example.org', 'allowed', 1, 711],
    ]);
    expect(rows[0]?.last).toBe('2026-11-24T15:00:00.000Z');
  });

  test('counts each request once, in any order of the lines', () => {
    const one = fc.record({
      host: fc.constantFrom('a.example.org', 'b.example.org'),
      user: fc.constantFrom('-', 'web.1', 'web.2', 'batch.1'),
      verdict: fc.constantFrom('allowed', 'refused', 'failed', 'audited'),
    });
    fc.assert(
      fc.property(fc.array(one), (all) => {
        const rows = summarize(entries(...all.map(line)));
        expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(all.length);
        expect(summarize(entries(...[...all].reverse().map(line)))).toEqual(rows);
      }),
    );
  });
});

test("memory is limited by the number of rows, not the log's length, and refused requests never hide allowed ones", () => {
  const traffic = new Traffic(2);
  const [refused, allowed] = [line({ host: 'h.example.net' }), line({ verdict: 'allowed', rule: 'listed' })].map(
    (text) => readEntry(text) as Entry,
  ) as [Entry, Entry];
  for (let host = 0; host < 100; host++) traffic.add({ ...refused, host: `${host}.example.net` });
  traffic.add(allowed);
  expect(traffic.rows().map(({ host }) => host)).toEqual(['0.example.net', '1.example.net', 'www.example.net']);
  expect([traffic.requests, traffic.unlisted]).toEqual([101, { passed: 0, stopped: 98 }]);
  expect(traffic.days).toEqual([
    ['2026-11-24', { allowed: 1, audited: 0, refused: 100, failed: 0, received: 84 * 101, sent: 627 * 101 }],
  ]);
  const other = new Traffic(2);
  other.merge(traffic);
  expect([other.rows(), other.requests, other.unlisted, other.days]).toEqual([
    traffic.rows(),
    traffic.requests,
    traffic.unlisted,
    traffic.days,
  ]);
  expect(printSummary(traffic.rows(), 100, 101, 98).at(5)).toBe(
    'and 98 requests for more hosts than are listed separately',
  );
});

test('lines are read across chunks, and one without an end is not kept', async () => {
  const lines: string[] = [];
  const pieces = ['one\ntw', 'o\n', 'x'.repeat(70_000), `${'x'.repeat(70_000)}\nthree`, '\n\nä\u202e\nlast'];
  await eachLine(Readable.from(pieces.map((piece) => Buffer.from(piece))), (text) => lines.push(text));
  expect(lines).toEqual(['one', 'two', 'three', '', Buffer.from('ä\u202e').toString('latin1'), 'last']);
});

test('a line that is too long is dropped, even in one chunk', async () => {
  const lines: string[] = [];
  await eachLine(Readable.from([Buffer.from(`one\n${'x'.repeat(1_000_000)}\ntwo\n`)]), (text) => lines.push(text));
  expect(lines).toEqual(['one', 'two']);
});

test('a log that was saved on Windows, with a byte order mark and CRLF, is read', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'proxy.log');
  const print = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    writeFileSync(file, `\ufeff${[announcement(), line(), line()].join('\r\n')}\r\n`);
    await logCommand({}).parseAsync([file, '--json'], { from: 'user' });
    const [row] = JSON.parse(String(print.mock.calls[0]?.[0])) as Row[];
    expect(row).toMatchObject({ host: 'www.example.net', requests: 2 });
  } finally {
    print.mockRestore();
  }
});

describe('the line that would allow what was refused', () => {
  test('is one host of one client if the proxy knows its clients', () => {
    expect(remedy({ user: 'report-writer.1', host: 'api.example.gov', port: '8443' })).toEqual({
      code: ["reportWriter.useProxy(proxy, { allow: [Destination.host('api.example.gov', 8443)] })"],
    });
  });

  test('is one host for all otherwise', () => {
    expect(remedy({ host: 'api.example.gov' })).toEqual({
      code: ["proxy.allowDestinations(Destination.host('api.example.gov', 443))"],
    });
  });

  test('is followed by the domain when three of its hosts were refused, but never by a public suffix', () => {
    const hosts = ['a.example.net', 'b.example.net', 'c.d.example.net'];
    expect(remedy({ host: 'a.example.net' }, hosts).code).toEqual([
      "proxy.allowDestinations(Destination.host('a.example.net', 443))",
      "proxy.allowDestinations(Destination.domain('example.net', 443))",
    ]);
    expect(remedy({ host: 'a.github.io' }, ['a.github.io', 'b.github.io', 'c.github.io']).code).toHaveLength(1);
  });

  test('never suggests a domain that opens what the list excepts', () => {
    const hosts = ['a.example.net', 'b.example.net', 'c.example.net'];
    expect(remedy({ host: 'a.example.net' }, hosts, ['raw.example.net', 'raw.example.org']).code[1]).toBe(
      "proxy.allowDestinations(Destination.domain('example.net', 443).except('raw.example.net'))",
    );
  });

  test('says that an expired destination has ended, and suggests nothing', () => {
    expect(remedy({ rule: 'ended' })).toEqual({
      code: [],
      note: "its entry has expired; if it is still needed, set a later day in its .until('YEAR-MONTH-DAY')",
    });
  });

  test('says that a host is excepted on purpose, and suggests only that host', () => {
    const hosts = ['a.example.net', 'b.example.net', 'c.example.net'];
    expect(remedy({ rule: 'excepted', host: 'raw.example.net', user: 'web.1' }, hosts, ['raw.example.net'])).toEqual({
      code: ["web.useProxy(proxy, { allow: [Destination.host('raw.example.net', 443)] })"],
      note: 'a domain of the list excepts this host on purpose; to open it anyway:',
    });
  });

  test.each([
    [{ rule: 'address' }, [], "if that is intended: Destination.host('www.example.net', 443).within('RANGE')"],
    [{ rule: 'tls-name', tls: 'front.example.org' }, [], 'the client must request that host itself'],
    [{ rule: 'tls-name' }, ["Destination.host('www.example.net', 443).withoutNameCheck()"], 'names no host'],
    [{ rule: 'no-tls' }, ["Destination.host('www.example.net', 443).withoutNameCheck()"], 'hold no TLS'],
    [{ rule: 'credentials' }, [], 'wrong or missing credentials'],
    [{ rule: 'method' }, [], 'does not support this method or scheme'],
    [{ rule: 'unsent' }, [], 'asks for a cached answer only'],
    [{ host: '203.0.113.10' }, [], 'is an address: write the host name'],
    [{ host: "x');evil('" }, [], 'letters, digits and hyphens'],
  ])('depends on the rule: %j', (fields, code, note) => {
    const found = remedy(fields);
    expect(found.code).toEqual(code);
    expect(found.note).toContain(note);
  });
});

test('the table is printed first, then the lines', () => {
  const rows = summarize(entries(line({ user: 'web.1' }), line({ verdict: 'allowed', rule: 'listed' })));
  expect(printSummary(rows, 100, 9)).toEqual([
    'client       host                 verdict              requests  bytes  last',
    expect.stringMatching(/^[─ ]+$/) as string,
    'web          www.example.net:443  refused: not-listed         1    711  2026-11-24T14:56:24Z',
    '10.255.0.16  www.example.net:443  allowed                     1    711  2026-11-24T14:56:24Z',
    '',
    'web to www.example.net:443, refused: not-listed',
    "  web.useProxy(proxy, { allow: [Destination.host('www.example.net', 443)] })",
  ]);
  expect(printSummary([], 100, 0)).toEqual(['no line in this log']);
  expect(printSummary([], 100, 3)[0]).toMatch(
    /^no request in this log: none of its 3 lines is one that this project's/,
  );
});

test('requests that audit mode allowed are listed separately, with what would allow them after its end', () => {
  const audited = { user: 'web.1', verdict: 'audited', status: 200 };
  const rows = summarize(
    entries(
      line({ ...audited, host: 'a.example.net' }),
      line({ ...audited, host: 'raw.example.net', rule: 'excepted' }),
      line({ ...audited, host: 'front.example.org', rule: 'tls-name', tls: 'b.example.net' }),
      line({ user: 'batch.1', host: 'c.example.net' }),
      line({ user: 'web.1', verdict: 'allowed', rule: 'listed' }),
    ),
  );
  expect(rows.map(({ verdict }) => verdict)).toEqual(['refused', 'audited', 'audited', 'audited', 'allowed']);
  expect(printSummary(rows, 100, 9).slice(7)).toEqual([
    '',
    'batch to c.example.net:443, refused: not-listed',
    "  batch.useProxy(proxy, { allow: [Destination.host('c.example.net', 443)] })",
    '',
    'Allowed only in audit mode, and refused once it ends:',
    '',
    'web to a.example.net:443, audited: not-listed',
    "  web.useProxy(proxy, { allow: [Destination.host('a.example.net', 443)] })",
    '',
    'web to front.example.org:443, audited: tls-name',
    '  // its tunnels hold TLS for b.example.net: the client must request that host itself',
    '',
    'web to raw.example.net:443, audited: excepted',
    '  // a domain of the list excepts this host on purpose; to open it anyway:',
    "  web.useProxy(proxy, { allow: [Destination.host('raw.example.net', 443)] })",
  ]);
});

describe('the command', () => {
  let folder: string;
  let printed: string;

  beforeEach(() => {
    folder = temporaryFolder();
    printed = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('reads a file, for people and for programs', async () => {
    const file = join(folder, 'proxy.log');
    writeFileSync(file, `squid: hello\n${announcement()}\n${line()}\n`);
    await logCommand({}).parseAsync([file], { from: 'user' });
    expect(printed).toContain("proxy.allowDestinations(Destination.host('www.example.net', 443))");
    printed = '';
    await logCommand({}).parseAsync([file, '--json'], { from: 'user' });
    expect(JSON.parse(printed)).toMatchObject([{ host: 'www.example.net', remedy: { code: [expect.any(String)] } }]);
  });

  test('suggests a list in the requested form', async () => {
    const file = join(folder, 'proxy.log');
    writeFileSync(file, `${announcement()}\n${line({ user: 'web.1', verdict: 'audited' })}\n`);
    const suggested = async (...args: string[]): Promise<string> => {
      printed = '';
      await logCommand({}).parseAsync([file, ...args], { from: 'user' });
      return printed;
    };
    expect(await suggested('--suggest')).toMatch(/^web.useProxy\(proxy, \{\n/);
    expect(await suggested('--suggest', 'HCL')).toMatch(/^client_configuration = \{\n/);
    expect(JSON.parse(await suggested('--suggest', '--json'))).toMatchObject({ kind: 'suggestion' });
  });

  test('writes a page, which can be the baseline of the next one, even in the same file', async () => {
    const [file, page] = [join(folder, 'proxy.log'), join(folder, 'report.html')];
    writeFileSync(file, `${announcement()}\n${line()}\n`);
    const run = (...args: string[]) => logCommand({}).parseAsync([file, ...args], { from: 'user' });
    await expect(run('--report', page, '--baseline', page)).rejects.toThrow(`there is no report ${page}`);
    await expect(run('--baseline', page)).rejects.toThrow('add --report FILE');
    await expect(run('--report', page, '--baseline', file)).rejects.toThrow(`can't use ${file} as the baseline`);
    await run('--report', page);
    expect(printed).toBe(`${page}: 1 requests for 1 hosts, 711 B\n`);
    writeFileSync(file, `${announcement()}\n${line()}\n${line({ host: 'new.example.net' })}\n`);
    await run('--report', page, '--baseline', page);
    expect(readFileSync(page, 'utf8')).toMatch(/Not let through: 1<\/h3>\s*new\.example\.net:443/);
  });

  test('says what to pass if there is no file and no account', async () => {
    await expect(logCommand({}).parseAsync([join(folder, 'none')], { from: 'user' })).rejects.toThrow(
      /can't read .*none/,
    );
    await expect(logCommand({}).parseAsync([], { from: 'user' })).rejects.toThrow('CF_API_URL, CF_USER, CF_PASSWORD');
  });
});
