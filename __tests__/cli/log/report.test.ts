import fc from 'fast-check';
import { fresh, handover, readKnown, trafficPage } from '../../../cli/log/report/page';
import { bytes } from '../../../cli/log/report/charts';
import { Traffic } from '../../../cli/log/traffic';
import { codePoint, drawn } from '../../support/laws';
import { ENTRY, trafficOf } from '../../support/proxy-log';

const AT = new Date('2026-11-28T10:00:00Z');

const page = (traffic: Traffic, last?: string): string =>
  trafficPage({ traffic, at: AT, doubts: [], ...(last !== undefined && { known: readKnown(last) }) });

test('a host is new if no report has seen it, or if it was refused until now and is allowed', () => {
  const refused = { host: 'a.example.net', verdict: 'refused', rule: 'not-listed' } as const;
  const first = page(trafficOf({}, refused));
  const second = trafficOf({}, refused, { host: 'a.example.net' }, { host: 'b.example.net' }, { port: 8443 });
  expect(fresh(second.rows(), readKnown(first)).map(({ host, port }) => `${host}:${port}`)).toEqual([
    'a.example.net:443',
    'b.example.net:443',
    'www.example.org:8443',
  ]);
  // They stay known in later reports, although the log no longer has them.
  const third = page(trafficOf({}), page(second, first));
  expect(fresh(second.rows(), readKnown(third))).toEqual([]);
});

test('what a report passes on to the next one reads back as written, for any hosts', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: codePoint })), (hosts) => {
      const traffic = trafficOf(...hosts.map((host) => ({ host })));
      const { at, passed, stopped } = handover(traffic, AT);
      expect(readKnown(page(traffic))).toEqual({ at, passed, stopped });
    }),
    drawn(20),
  );
});

test.each(['', '<html></html>', '<script type="application/json" id="data">{"kind":"audit"}</script>'])(
  "a page that isn't a report is refused, with what to pass: %s",
  (text) => {
    expect(() => readKnown(text)).toThrow('give one that log --report has written');
  },
);

test('the page counts by day, including days without requests, and by client', () => {
  const html = page(
    trafficOf({}, { time: '2026-11-27T01:00:00.000Z', client: 'batch', verdict: 'refused', rule: 'not-listed' }),
  );
  for (const day of ['2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27']) expect(html).toContain(`>${day}</text`);
  expect(html).toContain('<tr><td>2026-11-27</td><th scope="row">batch</th>');
  expect(html).toContain('2026-11-24 to 2026-11-27, by UTC');
});

test('the page counts each host by day, with refused requests apart from allowed ones', () => {
  const html = page(
    trafficOf(
      { host: 'a.example.net', time: '2026-11-26T01:00:00.000Z', received: 1000, sent: 2000 },
      { host: 'a.example.net', time: '2026-11-26T02:00:00.000Z', received: 0, sent: 0 },
      { host: 'a.example.net', time: '2026-11-26T03:00:00.000Z', verdict: 'refused', received: 0, sent: 0 },
      { host: 'a.example.net', time: '2026-11-27T03:00:00.000Z', received: 0, sent: 0 },
    ),
  );
  const [, rows = ''] = /<h2 id="hosts-title">Hosts by day<\/h2>(.*?)<\/table>/s.exec(html) ?? [];
  const read = [...rows.matchAll(/<tr>(<td>.*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replace(/<[^>]*>/g, ' ')
      .trim()
      .split(/\s\s+/),
  );
  expect(read).toEqual([
    ['2026-11-26', 'a.example.net:443', '2', '0', '0', '0', '1 KB', '2 KB'],
    ['2026-11-26', 'a.example.net:443', '0', '0', '1', '0', '0 B', '0 B'],
    ['2026-11-27', 'a.example.net:443', '1', '0', '0', '0', '0 B', '0 B'],
  ]);
});

test('thousands of refused names hide no day of an allowed host', () => {
  const traffic = new Traffic();
  for (let count = 0; count < 20_000; count += 1) {
    traffic.add({ ...ENTRY, host: `${count}.example.net`, verdict: 'refused', rule: 'not-listed' });
  }
  traffic.add({ ...ENTRY, host: 'late.example.org' });
  const allowed = traffic.hostDays.filter(([, , counts]) => counts.allowed > 0);
  expect(allowed.map(([, host]) => host)).toEqual(['late.example.org:443']);
});

test('the page reports what exceeds the rows that it counts separately', () => {
  const traffic = new Traffic(1);
  for (const host of ['a.example.org', 'b.example.org']) traffic.add({ ...ENTRY, host });
  expect(page(traffic)).toContain('The log has more hosts than this page lists: 1 requests that were allowed');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [1234, '1.2 KB'],
  [99_600, '100 KB'],
  [999_600, '1 MB'],
  [8_400_000_000, '8.4 GB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});
