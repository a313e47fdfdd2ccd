import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { addresses, EVERY_ADDRESS, INTERNET } from '../../review/model/addresses';
import { coversHost, lineAllows, lineHasEnded, lineLists, Rules, rulesFor, SPECIAL_BLOCKS } from './rules';

// Few labels, ports, and addresses, so that names often cover each other and ranges often overlap.
const label = fc.constantFrom('a', 'b', 'c');
const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.constantFrom(80, 443, 8443);
const ports = fc.uniqueArray(port, { minLength: 1 }).map((numbers) => numbers.join(','));
const range = fc.constantFrom('10.98.0.0/24', '10.98.0.0/25', '10.98.0.128/25', '10.98.1.0/24', '192.168.0.0/16');
const ranges = fc.option(
  fc.uniqueArray(range, { minLength: 1, maxLength: 3 }).map((blocks) => `@${blocks.join(',')}`),
  { nil: '' },
);
const below = fc.tuple(fc.constantFrom('', '.'), fc.array(label, { minLength: 1, maxLength: 2 }));
const names = fc
  .tuple(fc.constantFrom('', '.'), host, fc.array(below, { maxLength: 2 }))
  .map(([dot, name, exceptions]) =>
    dot === '' || exceptions.length === 0
      ? `${dot}${name}`
      : `.${name}!${exceptions.map(([inner, labels]) => `${inner}${labels.join('.')}.${name}`).join(',')}`,
  );
const end = fc.constantFrom('', '', '', ' until 2026-12-31', ' until 2027-01-31');
const line = fc
  .tuple(names, ports, fc.constantFrom('', '/tcp'), ranges, end)
  .map(([where, numbers, protocol, blocks, until]) => `${where}:${numbers}${protocol}${blocks}${until}`);
const plainLine = line.map((text) => text.replace(/(\/tcp)?(@.*| until .*)?$/, '').replace(/!.*:/, ':'));
/** The last moment of a day, the first of the next, and times between and around the ends. */
const now = fc
  .constantFrom(
    ...['2026-01-01T00:00:00Z', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
    ...['2027-01-31T23:59:59.999Z', '2027-02-01T00:00:00Z'],
  )
  .map((text) => Date.parse(text));
const address = fc.constantFrom('9.9.9.7', '10.98.0.5', '10.98.0.200', '10.98.1.9', '192.168.3.4', '169.254.169.254');
const target = fc.record({
  host,
  port,
  tunnel: fc.constantFrom(undefined, 'its TLS' as const, 'other TLS' as const, 'no TLS' as const),
  addresses: fc.uniqueArray(address, { maxLength: 3 }),
});

// Each run starts the entrypoint.
const options = { numRuns: 15 };

describe('the rendered rules', () => {
  test('allow exactly what the lines allow, each by itself and until its end', () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(target, { minLength: 50, maxLength: 100 }),
        now,
        (lines, targets, at) => {
          const rules = new Rules(rulesFor(lines), at);
          for (const one of targets) {
            const allowed = lines.some((text) => !lineHasEnded(text, at) && lineAllows(text, one));
            expect([one, rules.verdict(one) === 'allowed']).toEqual([one, allowed]);
          }
        },
      ),
      options,
    );
  });

  test('decide on a name that is not listed, or no longer, before they look at its addresses', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.array(target, { minLength: 50 }), now, (lines, targets, at) => {
        const rules = new Rules(rulesFor(lines), at);
        const current = lines.filter((text) => !lineHasEnded(text, at));
        for (const one of targets) {
          const listed = current.some((text) => lineLists(text, one));
          const ended = lines.some((text) => lineLists(text, one));
          const excepted = current.some((text) => lineLists(text.replace(/!.*:/, ':'), one));
          const expected = listed ? undefined : ended ? 'ended' : excepted ? 'excepted' : 'not listed';
          const verdict = rules.verdict(one);
          expect(['ended', 'excepted', 'not listed'].includes(verdict) ? verdict : undefined).toBe(expected);
        }
      }),
      options,
    );
  });

  test('do not depend on the order of the lines', () => {
    fc.assert(
      fc.property(
        fc
          .array(line, { maxLength: 8 })
          .chain((lines) => fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length }))),
        ([lines, shuffled]) => {
          expect(rulesFor(shuffled)).toBe(rulesFor(lines));
        },
      ),
      options,
    );
  });

  test('are the same when rendered from what they say', () => {
    fc.assert(
      fc.property(fc.array(plainLine, { maxLength: 8 }), (lines) => {
        const rules = rulesFor(lines);
        expect(rulesFor(new Rules(rules).toAllowlist())).toBe(rules);
      }),
      options,
    );
  });

  test('have no list in which one name covers another, with which squid would not start', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        for (const names of new Rules(rulesFor(lines)).nameLists()) {
          const covered = names.filter((name, index) =>
            names.some((other, position) => position !== index && coversHost(other, name.replace(/^\./, ''))),
          );
          expect(covered).toEqual([]);
        }
      }),
      options,
    );
  });

  test('are these for a name, a domain with a name below it, and a name in a private range', () => {
    const rules = rulesFor([
      'bucket.example.com:443@10.0.0.0/9,10.128.0.0/9',
      'www.example.org:8443,80',
      '.example.org:80,443',
      'api.example.gov:443',
    ]);
    expect(rules.split('\n')).toEqual([
      'err_html_text The list is kept in the environment of the proxy, variable EGRESS_ALLOW.',
      'acl hosts_1 dstdomain -n api.example.gov',
      'acl ports_1 port 443',
      'acl destination_1 all-of hosts_1 ports_1',
      'acl listed any-of destination_1',
      'acl hosts_2 dstdomain -n .example.org',
      'acl ports_2 port 80',
      'acl ports_2 port 443',
      'acl destination_2 all-of hosts_2 ports_2',
      'acl listed any-of destination_2',
      'acl hosts_3 dstdomain -n www.example.org',
      'acl ports_3 port 8443',
      'acl destination_3 all-of hosts_3 ports_3',
      'acl listed any-of destination_3',
      'acl hosts_4 dstdomain -n bucket.example.com',
      'acl ports_4 port 443',
      'acl destination_4 all-of hosts_4 ports_4',
      'acl listed any-of destination_4',
      'acl outside_4 dst 0.0.0.0/5 8.0.0.0/7 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/2 128.0.0.0/1',
      'http_access deny CONNECT !listed refused_tunnel_not_listed',
      'http_access deny !CONNECT !listed refused_not_listed',
      'http_access deny !may_wait failed_crowded',
      'http_access deny CONNECT !resolved failed_tunnel_name',
      'http_access deny !CONNECT !resolved has_waited failed_name',
      'http_access deny !has_waited',
      'http_access deny read_greeting !same_name refused_tls_name',
      'http_access allow destination_1 !private allowed',
      'http_access allow destination_2 !private allowed',
      'http_access allow destination_3 !private allowed',
      'http_access allow destination_4 !outside_4 !ipv6 allowed_range',
      'http_access deny CONNECT refused_tunnel_address',
      'http_access deny refused_address',
      'ssl_bump peek greeting_unread refused_no_tls',
      'ssl_bump terminate !same_name refused_tls_name',
      'ssl_bump terminate !resolved failed_tunnel_name',
      'ssl_bump splice destination_1 !private allowed',
      'ssl_bump splice destination_2 !private allowed',
      'ssl_bump splice destination_3 !private allowed',
      'ssl_bump splice destination_4 !outside_4 !ipv6 allowed_range',
      'ssl_bump terminate refused_tunnel_address',
      '',
    ]);
  });

  test('take exceptions out of their own domain only, and pool those of domains that are not nested', () => {
    const rules = rulesFor([
      '.example.gov!raw.example.gov,.old.example.gov,b.old.example.gov:443',
      '.example.org!raw.example.org:443',
      '.a.example.gov!x.a.example.gov:443',
    ]);
    expect(rules.split('\n').filter((text) => /hosts_|exceptions_/.test(text))).toEqual([
      'acl hosts_1 dstdomain -n .example.gov',
      'acl hosts_1 dstdomain -n .example.org',
      'acl exceptions_1 dstdomain -n .old.example.gov',
      'acl exceptions_1 dstdomain -n raw.example.gov',
      'acl exceptions_1 dstdomain -n raw.example.org',
      'acl excepted_1 all-of hosts_1 ports_1 exceptions_1',
      'acl destination_1 all-of hosts_1 ports_1 !exceptions_1 !odd_name',
      'acl hosts_2 dstdomain -n .a.example.gov',
      'acl exceptions_2 dstdomain -n x.a.example.gov',
      'acl excepted_2 all-of hosts_2 ports_2 exceptions_2',
      'acl destination_2 all-of hosts_2 ports_2 !exceptions_2 !odd_name',
    ]);
  });

  test('allow in audit mode what the list refuses, to public addresses only, through its last day', () => {
    const added = (lines: readonly string[], audit: string) => {
      const without = new Set(rulesFor(lines).split('\n'));
      return rulesFor([...lines, audit])
        .split('\n')
        .filter((text) => !without.has(text));
    };
    expect(added(['api.example.gov:443'], 'audit until 2026-12-31')).toEqual([
      `acl before_${Date.UTC(2027, 0, 1) / 1000} external before ${Date.UTC(2027, 0, 1) / 1000}`,
      `acl audit_1 all-of before_${Date.UTC(2027, 0, 1) / 1000}`,
      'acl audited any-of audit_1',
      'http_access deny audited in_audit !all',
      'on_unsupported_protocol tunnel marked_audit audited_no_tls goes_unread',
      'http_access deny CONNECT !listed !audited refused_tunnel_not_listed',
      'http_access deny !CONNECT !listed !audited refused_not_listed',
      'http_access allow audited unread_tunnel !private audited_no_tls',
      'http_access allow audited read_greeting !same_name !private audited_tls_name',
      'http_access allow audited !private listed audited_address',
      'http_access allow audited !private audited_not_listed',
      'ssl_bump splice greeting_unread !listed audited !private',
      'ssl_bump splice !same_name audited resolved !private audited_tls_name',
      'ssl_bump splice audited !private audited_address',
    ]);
  });
});

describe('a destination that expires', () => {
  const HELPER = join(__dirname, '../../squid/before.awk');

  /** The helper's answer for a moment in seconds since 1970, by this machine's clock. */
  function answers(...moments: readonly number[]): string[] {
    const { stdout, stderr } = spawnSync('awk', ['-f', HELPER], {
      input: moments.map(String).join('\n'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return stdout.trim().split('\n');
  }

  const DAY = 24 * 60 * 60 * 1000;
  const dayFrom = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const endOf = (day: string): number =>
    Number(/external before (\d+)/.exec(rulesFor([`old.example.gov:443 until ${day}`]))?.[1]);

  test('ends at the first moment of the next day in UTC, also over a leap day', () => {
    expect(new Date(endOf('2026-12-31') * 1000).toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(new Date(endOf('2028-02-28') * 1000).toISOString()).toBe('2028-02-29T00:00:00.000Z');
    expect(new Date(endOf('9999-12-31') * 1000).toISOString()).toBe('+010000-01-01T00:00:00.000Z');
  });

  test('is open through its last day, and no longer', () => {
    // If midnight is between the question and the answer, both are repeated.
    const asked = (): { today: string; said: string[] } => {
      const now = Date.now();
      const days = [now - 400 * DAY, now - DAY, now, now + DAY, now + 400 * DAY].map(dayFrom);
      return { today: dayFrom(now), said: answers(...days.map(endOf)) };
    };
    let { today, said } = asked();
    if (today !== dayFrom(Date.now())) ({ today, said } = asked());
    expect(said).toEqual(['ERR', 'ERR', 'OK', 'OK', 'OK']);
  });
});

test('each block of special addresses says what is there and who says so', () => {
  expect(SPECIAL_BLOCKS.length).toBeGreaterThan(50);
  for (const { network, kind, what, source } of SPECIAL_BLOCKS) {
    expect([network, kind]).toEqual([
      expect.stringMatching(/^[0-9a-f:.]+\/\d+$/),
      expect.stringMatching(/^(closed|metadata|elsewhere)$/),
    ]);
    expect([what, source]).toEqual([expect.stringMatching(/./), expect.stringMatching(/RFC \d+|https:/)]);
  }
});

test("the review's internet is what the proxy opens, plus the blocks that a local foundation can use", () => {
  const closed = SPECIAL_BLOCKS.filter(({ kind, network }) => kind !== 'elsewhere' && !network.includes(':'));
  const open = EVERY_ADDRESS.minus(addresses(closed.map(({ network }) => network).join(',')));
  expect(INTERNET.ranges).toEqual(open.ranges);
});
