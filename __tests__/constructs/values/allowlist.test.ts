import fc from 'fast-check';
import { Allowlist, type Audit, auditLine, hasEnded, readAudit } from '../../../constructs/values/allowlist';
import { Destination } from '../../../constructs/values/destination';

/** Few names and ports, so that the same destination is often listed twice. */
const destinations = fc
  .record({
    name: fc.constantFrom('example.gov', 'a.example.gov', 'other.gov'),
    open: fc.subarray([80, 443], { minLength: 1 }),
    below: fc.boolean(),
    checked: fc.boolean(),
  })
  .map(({ name, open, below, checked }) => {
    const destination = below ? Destination.domain(name, ...open) : Destination.host(name, ...open);
    return checked ? destination : destination.withoutNameCheck();
  });

test('the list has each destination as it was added, once, in an order that does not depend on when', () => {
  fc.assert(
    fc.property(fc.array(destinations, { maxLength: 12 }), (list) => {
      const lines = new Allowlist(list).lines();
      expect([...lines].sort()).toEqual([...new Set(list.map(String))].sort());
      expect(new Allowlist([...list].reverse()).lines()).toEqual(lines);
    }),
  );
});

test('a domain comes before the names below it', () => {
  const list = ['b.example.org:8443', '.example.org:443', 'a.example.org:80'].map((text) => Destination.parse(text));
  expect(new Allowlist(list).lines()).toEqual(['.example.org:443', 'a.example.org:80', 'b.example.org:8443']);
});

test('an empty list is an empty variable, so that the proxy refuses everything', () => {
  expect(new Allowlist().environment()).toEqual({ EGRESS_ALLOW: '' });
});

test('a list ends with an empty variable, since the platform keeps a longer list that was there before', () => {
  expect(new Allowlist([Destination.host('www.example.org')]).environment()).toEqual({
    EGRESS_ALLOW: 'www.example.org:443',
    EGRESS_ALLOW_1: '',
  });
});

const hosts = (count: number) =>
  Array.from({ length: count }, (_, index) => Destination.host(`h${index}.agency.example.gov`));

test('10,000 hosts travel in variables that Linux takes, in order and complete', () => {
  const allowlist = new Allowlist(hosts(10_000));
  const environment = allowlist.environment();
  expect(Object.keys(environment)).toEqual(['EGRESS_ALLOW', 'EGRESS_ALLOW_1', 'EGRESS_ALLOW_2', 'EGRESS_ALLOW_3']);
  for (const [name, value] of Object.entries(environment)) {
    expect(Buffer.byteLength(`${name}=${value}\0`)).toBeLessThanOrEqual(131_072);
  }
  expect(Object.values(environment).filter(Boolean).join('\n')).toBe(allowlist.lines().join('\n'));
  expect(allowlist.lines()).toHaveLength(10_000);
});

test('fails over the limit, when the destination is added, with the number that is too much', () => {
  const allowlist = new Allowlist(hosts(30_000));
  expect(() => {
    allowlist.add(...hosts(40_000));
  }).toThrow(/^the allowlist has 40000 destinations in 1188890 bytes, 140314 over the 1048576 that fit/);
});

test('a line that is longer than a variable fails with how much that is, and the remedy', () => {
  const names = Array.from({ length: 6000 }, (_, index) => `host-${index}.agency.example.gov`);
  expect(() => new Allowlist([Destination.domain('example.gov').except(...names)]).environment()).toThrow(
    /^'\.example\.gov!host-0\.agency\.example\.gov.*\.\.\.' has \d+ bytes, \d+ more than fit an environment variable/,
  );
});

test.each([
  [true, 'audit'],
  [{ until: '2026-12-31' }, 'audit until 2026-12-31'],
  [{ until: '2028-02-29' }, 'audit until 2028-02-29'],
] as const)('an audit, %j, is printed as one line, which reads back as the same', (audit, line) => {
  expect(auditLine(audit)).toBe(line);
  expect(readAudit(line)).toEqual(audit);
});

test.each(['audit.example.org:443', 'audited', 'audit:443', ' audit', 'audit '])("%j isn't a valid audit", (line) => {
  expect(readAudit(line)).toBeUndefined();
});

test.each(['2026-02-30', '2027-02-29', '2026-13-01', '31.12.2026', '2026-12-31T00:00:00Z', 'tomorrow', ''])(
  'the end %j is refused, with how to write it',
  (until) => {
    expect(() => auditLine({ until })).toThrow(`'${until}' is not a day of the calendar`);
    expect(() => readAudit(`audit until ${until}`)).toThrow('as in 2026-12-31');
  },
);

test('an audit is valid through its last day, and one without an end forever', () => {
  const audit: Audit = { until: '2026-12-31' };
  expect(['2026-12-30', '2026-12-31', '2027-01-01'].map((today) => hasEnded(audit, today))).toEqual([
    false,
    false,
    true,
  ]);
  expect(hasEnded(true, '9999-12-31')).toBe(false);
});

test('the audit is the first line of a list; of two ends the later one counts, and no end is the latest', () => {
  const list = new Allowlist([Destination.host('www.example.org')]);
  list.audit({ until: '2026-12-31' });
  list.audit({ until: '2026-06-30' });
  expect(list.lines()).toEqual(['audit until 2026-12-31', 'www.example.org:443']);
  list.audit(true);
  expect(list.environment()).toEqual({ EGRESS_ALLOW: 'audit\nwww.example.org:443', EGRESS_ALLOW_1: '' });
});
