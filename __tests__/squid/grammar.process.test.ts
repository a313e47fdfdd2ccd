import fc from 'fast-check';
import { Allowlist, readAudit } from '../../constructs/values/allowlist';
import { Destination } from '../../constructs/values/destination';
import { render } from './rules';

// A label that begins like an A-label must be one.
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?$/).filter((text) => !text.startsWith('xn--'));
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('org', 'example', 'xn--p1ai'))
  .map(([labels, top]) => [...labels, top].join('.'));
const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 3 });
const range = fc.constantFrom('10.0.0.0/8', '10.98.0.0/24', '100.64.0.0/10', '172.16.5.0/30', '192.168.1.1/32');
const destination = fc
  .tuple(
    fc.constantFrom('host' as const, 'domain' as const),
    name,
    ports,
    fc.array(range, { maxLength: 2 }),
    fc.boolean(),
    fc.array(fc.tuple(fc.constantFrom('', '.'), label), { maxLength: 2 }),
    fc.constantFrom(undefined, '2026-12-31', '2028-02-29', '9999-12-31'),
  )
  .map(([kind, host, numbers, ranges, checked, exceptions, end]) => {
    const whole = Destination[kind](host, ...numbers).within(...ranges);
    const below = kind === 'domain' ? exceptions.map(([dot, first]) => `${dot}${first}.${host}`) : [];
    const named = below.length === 0 ? whole : whole.except(...below);
    const destination = end === undefined ? named : named.until(end);
    return checked ? destination : destination.withoutNameCheck();
  });

const options = { numRuns: 15 };

describe('the constructs and the proxy', () => {
  test('agree on the format: the proxy reads what a Destination prints', () => {
    fc.assert(
      fc.property(fc.array(destination, { maxLength: 20 }), (destinations) => {
        const { status, stderr } = render({ EGRESS_ALLOW: destinations.join('\n') });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      }),
      options,
    );
  });

  test('agree on the variables: a list in several is read completely', () => {
    const destinations = Array.from({ length: 10_000 }, (_, index) =>
      Destination.host(`host-${index}.example.org`, 443),
    );
    const allowlist = new Allowlist(destinations);
    expect(Object.keys(allowlist.environment()).length).toBeGreaterThan(2);
    const { stdout } = render(allowlist.environment());
    expect(stdout.match(/^acl hosts_1 dstdomain -n /gm)).toHaveLength(10_000);
  });

  test.each(['audit', 'audit until 2026-12-31', 'audit until 2028-02-29'])('agree on the line %s', (line) => {
    expect(readAudit(line)).toBeDefined();
    expect(render({ EGRESS_ALLOW: line }).status).toBe(0);
    const users = 'web.1 $2a$05$CKxjrfOvMfS62uMTNS4jzOWMVLPfbHyfI7FeOy1ngZLpDCrOx1zPq';
    expect(render({ EGRESS_CREDENTIALS: users, EGRESS_CLIENTS: `web ${line}` }).status).toBe(0);
  });

  test.each([
    ...['https://example.org:443', 'example.org/path:443', '*.example.org:443', 'a..example.org:443', 'proxy:443'],
    ...['192.0.2.1:443', '0x7f000001:443', '2130706433:443', '[::1]:443', 'example.org:0', 'example.org:65536'],
    ...[
      'example.org/tcp',
      'example.org:443/udp',
      'example.org:443/tcp/tcp',
      'example.org:443@10.0.0.0/8/tcp',
      'example.org:443@203.0.113.0/24',
      'example.org:443@10.0.0.1/8',
      'example.org:443@127.0.0.0/8',
      '-a.example:443',
      ...[
        'audit until',
        'audit until 2026-02-30',
        'audit until 2027-02-29',
        'audit until 31.12.2026',
        'audit 2026-12-31',
      ],
      ...['example.org:443 until', 'example.org:443 until 2027-02-29', 'example.org:443 until 31.12.2026'],
      ...['example.org:443  until 2026-12-31', 'example.org:443 until 2026-12-31 until 2026-12-31'],
      ...['example.org until 2026-12-31:443', 'until 2026-12-31', 'example.org:443 until  2026-12-31'],
      'example.org!www.example.org:443',
      '.example.org!:443',
      '.example.org!.example.org:443',
      '.example.org!example.net:443',
      '.example.org!notexample.org:443',
      '.example.org!www.example.org,:443',
      '.example.org!a.example.org!b.example.org:443',
      '.example.org!*.example.org:443',
      '.example.org:443!www.example.org',
    ],
  ])('both refuse %s', (line) => {
    expect(() => readAudit(line) ?? Destination.parse(line)).toThrow();
    expect(render({ EGRESS_ALLOW: line }).status).toBe(1);
  });
});
