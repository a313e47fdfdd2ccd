import { Allowlist } from '../../../constructs/values/allowlist';
import { type Audit, auditLine, hasEnded, readAudit } from '../../../constructs/values/audit';
import { Destination } from '../../../constructs/values/destination';

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
