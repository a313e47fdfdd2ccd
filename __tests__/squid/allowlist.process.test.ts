import fc from 'fast-check';
import { Allowlist, readAudit } from '../../constructs/values/allowlist';
import { Destination } from '../../constructs/values/destination';
import { render, rulesFor } from './rules';

/** Lines that the constructs accept and write in another form. */
const MADE_REGULAR = [
  ...['bücher.example:443', 'Example.org:443', 'example.org.:443'],
  ...['example.org', 'example.org@10.0.0.0/8'],
];
const LIST_OF_NOTHING = ['http_access deny CONNECT refused_tunnel_not_listed', 'http_access deny refused_not_listed'];

describe('the allowlist in the environment', () => {
  test.each([
    ['no variable', {}],
    ['an empty variable', { EGRESS_ALLOW: '' }],
    ['blank lines and comments', { EGRESS_ALLOW: '\n  \n# api.example.gov:443\n\t# another\r\n' }],
  ])('refuses everything for %s', (_, environment) => {
    const { status, stdout } = render(environment);
    expect(status).toBe(0);
    expect(stdout.trim().split('\n').slice(1)).toEqual(LIST_OF_NOTHING);
  });

  test('continues in the numbered variables', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `host-${index}.example.org:443`);
    const variables = Object.fromEntries(
      lines.map((line, index) => [index ? `EGRESS_ALLOW_${index}` : 'EGRESS_ALLOW', line]),
    );
    expect(render(variables).stdout).toBe(rulesFor(lines));
  });

  test('accepts the line ends of Windows, and blanks around a line', () => {
    expect(rulesFor([' api.example.gov:443 \r', '\t.example.org:80\r'])).toBe(
      rulesFor(['api.example.gov:443', '.example.org:80']),
    );
  });

  test('ends at an empty variable, even if others of a longer list follow', () => {
    const { stdout } = render({
      EGRESS_ALLOW: 'a.b:443',
      EGRESS_ALLOW_1: '',
      EGRESS_ALLOW_2: 'c.d:443',
      EGRESS_ALLOW_3: '',
    });
    expect(stdout).toBe(rulesFor(['a.b:443']));
  });

  test.each([
    [{ EGRESS_ALLOW_1: 'a.b:443' }, 'EGRESS_ALLOW_1 is set but the one before it is not'],
    [{ EGRESS_ALLOW: 'a.b:443', EGRESS_ALLOW_2: 'b.c:443' }, 'EGRESS_ALLOW_2 is set but the one before it is not'],
    [{ EGRESS_ALLOW: 'a.b:443', EGRESS_ALLOW_01: 'b.c:443' }, 'EGRESS_ALLOW_01 is not a variable of this list'],
    [{ EGRESS_ALLOW: 'a.b:443', EGRESS_ALLOWLIST: '' }, 'EGRESS_ALLOWLIST is not a variable of this list'],
    // Without credentials, everyone could use the proxy.
    [{ EGRESS_ALLOW: 'a.b:443', EGRESS_CREDENTIAL: 'web.1 hash' }, 'EGRESS_CREDENTIAL is not a variable of the proxy'],
    [
      { EGRESS_ALLOW: 'a.b:443', egress_credentials: 'web.1 hash' },
      'egress_credentials is not a variable of the proxy',
    ],
    [{ EGRESS_ALLOW: 'a.b:443', EGRESS_METRIC: '9301' }, 'EGRESS_METRIC is not a variable of the proxy'],
    [{ EGRESS_FORWARDS: 'a.b:443' }, 'EGRESS_FORWARDS is not a variable of the proxy'],
  ])('is refused with a gap or a misspelled variable: %j', (environment, message) => {
    const { status, stdout, stderr } = render(environment);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
  });

  test.each([
    ['https://example.org', 'has a scheme: write the host and its ports, like example.org:443'],
    ['https://example.org:443', 'has a scheme'],
    ['example.org:443/path', 'has a path'],
    ['example.org/path:443', 'has a path'],
    ['example.org/tcp', 'has a path'],
    ['example.org:443/udp', 'has a path'],
    ['example.org:443/tcp/tcp', 'has a path'],
    ['example.org:/tcp', 'has an empty port'],
    ['example.org:443@10.0.0.0/8/tcp', 'for a range'],
    ['a.example b.example:443', 'has a space: write one destination a line'],
    ['a.example:443 b.example:443', 'has a space'],
    ['a.example:443 # why', 'has "443 # why" for a port'],
    ['*.example.org:443', 'has a wildcard: write .example.org:443'],
    ['www.*.org:443', 'has a wildcard'],
    ['bücher.example:443', 'is not ASCII: write the name in punycode'],
    ['Example.org:443', 'has upper case letters: write it in lower case'],
    ['under_score.example:443', 'has a character that no host name has'],
    ['"/etc/passwd":443', 'has a path'],
    ['a;b.example:443', 'has a character that no host name has'],
    [':443', 'has no host name'],
    ['.:443', 'has no host name'],
    ['example.org.:443', 'ends in a dot'],
    ['..example.org:443', 'has an empty label'],
    ['www..example.org:443', 'has an empty label'],
    ['-www.example.org:443', 'begins or ends with a hyphen'],
    ['www-.example.org:443', 'begins or ends with a hyphen'],
    [`${'a'.repeat(64)}.example:443`, 'has a label of more than 63 characters'],
    [`${'a.'.repeat(126)}ab:443`, 'has more than 253 characters'],
    ['192.0.2.1:443', 'is an IP address'],
    ['3221225985:443', 'is an IP address'],
    ['0xc0000201:443', 'is an IP address'],
    ['0300.0.2.1:443', 'is an IP address'],
    ['192.0.2.0x1:443', 'is an IP address'],
    ['www.example.0x:443', 'is an IP address'],
    ['.2.1:443', 'is an IP address'],
    ['[::1]:443', 'is an IPv6 address'],
    ['::1:443', 'is an IPv6 address'],
    ['.a.b!c.d:443', 'excepts c.d, which is not below .a.b: an exception is a part of its domain'],
    ['a.b!x.a.b:443', 'excepts x.a.b, which is not below a.b'],
    ['.a.b!.a.b:443', 'excepts .a.b, which is not below .a.b'],
    ['.a.b!x.a.b,:443', 'has an empty exception'],
    ['proxy:443', 'has no dot: write the full name'],
    ['example.org', 'has no port: write it like example.org:443'],
    ['example.org@10.0.0.0/8', 'has no port'],
    ['example.org:', 'has an empty port'],
    ['example.org:80,', 'has an empty port'],
    ['example.org:443 until', 'has no day after until: write it like until 2026-12-31'],
    ['example.org:443 until tomorrow', 'has no day after until'],
    ['example.org:443 until 2027-02-29', 'has the date 2027-02-29, which is not in the calendar'],
    ['example.org:443  until 2026-12-31', 'for a port'],
    ['example.org:0', 'has "0" for a port: ports are numbers from 1 to 65535'],
    ['example.org:65536', 'has "65536" for a port'],
    ['example.org:080', 'has "080" for a port'],
    ['example.org:https', 'has "https" for a port'],
    ['example.org:80-90', 'has "80-90" for a port'],
    ['example.org:443@', 'has an empty range'],
    ['example.org:443@10.0.0.0', 'has "10.0.0.0" for a range'],
    ['example.org:443@10.0.0.1/24', 'has "10.0.0.1/24" for a range'],
    ['example.org:443@10.0.0.0/33', 'has "10.0.0.0/33" for a range'],
    ['example.org:443@10.0.0.256/32', 'has "10.0.0.256/32" for a range'],
    ['example.org:443@10.0.0.00/32', 'has "10.0.0.00/32" for a range'],
    ['example.org:443@fd00::/8', 'has "fd00::/8" for a range'],
    ['example.org:443@203.0.113.0/24', 'has the range 203.0.113.0/24, which is not private'],
    ['example.org:443@0.0.0.0/0', 'which is not private'],
    ['example.org:443@10.0.0.0/7', 'has the range 10.0.0.0/7, which is not private'],
    ['example.org:443@127.0.0.0/8', 'which is not private'],
    ['example.org:443@169.254.169.254/32', 'which is not private'],
    ['.example.org!notexample.org:443', 'excepts notexample.org, which is not below .example.org'],
    ['.example.org!:443', 'has an empty exception'],
    ['.example.org!a.example.org!b.example.org:443', 'has a character that no host name has'],
    ['.example.org!*.example.org:443', 'has a wildcard'],
    ['.example.org:443!www.example.org', 'for a port'],
    ['example.org:443 until 31.12.2026', 'has no day after until'],
    ['example.org:443 until  2026-12-31', 'has no day after until'],
    ['example.org:443 until 2026-12-31 until 2026-12-31', 'has no day after until'],
    ['example.org until 2026-12-31:443', 'has no day after until'],
    ['until 2026-12-31', 'has a space'],
    ['audit until', 'is not an audit: write audit, or audit until 2026-12-31'],
    ['audit until 31.12.2026', 'is not an audit'],
    ['audit 2026-12-31', 'is not an audit'],
    ['audit until 2027-02-29', 'has the date 2027-02-29, which is not in the calendar'],
  ])('is refused with the line %j', (line, message) => {
    if (!MADE_REGULAR.includes(line)) expect(() => readAudit(line) ?? Destination.parse(line)).toThrow();
    const { status, stdout, stderr } = render({ EGRESS_ALLOW: `good.example:443\n\n${line}\n` });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('EGRESS_ALLOW line 3: "');
    expect(stderr).toContain(message);
  });

  test('is refused with each invalid line and its variable', () => {
    const { stderr } = render({ EGRESS_ALLOW: 'a.b:0\nb.example:443\nc.d', EGRESS_ALLOW_1: 'd.example:443\nE:1' });
    expect(stderr.trim().split('\n')).toEqual([
      'egress-proxy: EGRESS_ALLOW line 1: "a.b:0" has "0" for a port: ports are numbers from 1 to 65535',
      'egress-proxy: EGRESS_ALLOW line 3: "c.d" has no port: write it like c.d:443',
      'egress-proxy: EGRESS_ALLOW_1 line 2: "E:1" has upper case letters: write it in lower case',
    ]);
  });

  test('is refused with a short, printable message, whatever the lines are', () => {
    const { stderr } = render({
      EGRESS_ALLOW: Array(100)
        .fill(`\u001b[31m${'x'.repeat(1000)}`)
        .join('\n'),
    });
    expect(stderr).toMatch(/^[\x20-\x7e\n]*$/);
    expect(stderr.split('\n')).toHaveLength(12);
    expect(stderr).toContain('egress-proxy: and 90 more');
    expect(stderr.length).toBeLessThan(3000);
  });

  test('accepts names and labels of the maximum length', () => {
    const label = 'a'.repeat(63);
    const name = [label, label, label, 'b'.repeat(61)].join('.');
    expect(name).toHaveLength(253);
    expect(rulesFor([`${name}:1,65535`])).toContain(`acl hosts_1 dstdomain -n ${name}\n`);
  });
});

describe('a host from a service', () => {
  const LINE = '$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24';
  const BUCKET = 'b.s3.us-gov-west-1.amazonaws.com';
  const rendered = (line: string, host?: string) =>
    render({ EGRESS_ALLOW: line, ...(host !== undefined && { EGRESS_HOST_FILES_BUCKET: host }) });

  test('is the one in the variable that the line names, for all clients and for one', () => {
    expect(rendered(LINE, BUCKET).stdout).toBe(rulesFor([`${BUCKET}:443@10.98.0.0/24`]));
    const users = 'web.1 $2a$05$CKxjrfOvMfS62uMTNS4jzOWMVLPfbHyfI7FeOy1ngZLpDCrOx1zPq';
    const own = { EGRESS_CREDENTIALS: users, EGRESS_CLIENTS: `web ${LINE}`, EGRESS_HOST_FILES_BUCKET: BUCKET };
    expect(render(own).stdout).toContain(BUCKET);
  });

  test.each([
    ['which is not set', LINE, undefined],
    ['which is "" and has no host name', LINE, ''],
    ['which is a domain (".s3.amazonaws.com")', LINE, '.s3.amazonaws.com'],
    ['which is "a.b\\x0aevil.example:443" and', LINE, 'a.b\nevil.example:443'],
    ['which is "a.b:443" and', LINE, 'a.b:443'],
    ['which is "10.98.0.20" and is an IP address', LINE, '10.98.0.20'],
    ['which is "a.b!c.a.b" and', LINE, 'a.b!c.a.b'],
    ['has no range, although the service could name any host', '$EGRESS_HOST_FILES_BUCKET:443', BUCKET],
    ['has no day after until', '$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24 until', BUCKET],
    ['which is not private', '$EGRESS_HOST_FILES_BUCKET:443@203.0.113.0/24', BUCKET],
    ['does not name the host of a service', '$PATH:443@10.98.0.0/24', BUCKET],
    ['does not name the host of a service', '$EGRESS_HOST_FILES_BUCKET.example.org:443@10.98.0.0/24', BUCKET],
  ])('stops the start with %s', (message, line, host) => {
    const { status, stdout, stderr } = rendered(line, host);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(`EGRESS_ALLOW line 1: "${line}" `);
    expect(stderr).toContain(message);
  });
});

describe('the sentence on the error page', () => {
  const sentence = (environment: Readonly<Record<string, string>>) => render(environment).stdout.split('\n')[0];

  test('names the application that has the list, if the platform provides its name', () => {
    const application = { application_name: 'egress-proxy', space_name: 'public', organization_name: 'demo' };
    expect(sentence({ VCAP_APPLICATION: JSON.stringify(application) })).toBe(
      'err_html_text The list is kept in the environment of the application egress-proxy (space public, organization demo), variable EGRESS_ALLOW.',
    );
  });

  test('escapes the names, so that they can neither mark up the page nor add a line to the configuration', () => {
    const application = { application_name: '<b>\nhttp_access allow all', space_name: 'ü', organization_name: '"' };
    expect(sentence({ VCAP_APPLICATION: JSON.stringify(application) })).toBe(
      'err_html_text The list is kept in the environment of the application &#60;b&#62;&#10;http_access allow all (space &#252;, organization &#34;), variable EGRESS_ALLOW.',
    );
  });

  test.each(['{', '[]', '"x"', '{"application_name":"a"}'])('does without %s', (VCAP_APPLICATION) => {
    expect(sentence({ VCAP_APPLICATION })).toContain('in the environment of the proxy,');
  });
});

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

describe('the constructs and the proxy', () => {
  test('agree on the format: the proxy reads what a Destination prints', () => {
    fc.assert(
      fc.property(fc.array(destination, { maxLength: 20 }), (destinations) => {
        const { status, stderr } = render({ EGRESS_ALLOW: destinations.join('\n') });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      }),
      { numRuns: 15 },
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
});
