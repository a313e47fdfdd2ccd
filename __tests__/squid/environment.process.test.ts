import { render } from './rules';

describe('EGRESS_CREDENTIALS and EGRESS_CLIENTS', () => {
  const HASH = `$2a$05$${'a'.repeat(53)}`;
  const OTHER_HASH = `$2y$05$${'b'.repeat(53)}`;

  const accesses = (stdout: string) =>
    stdout
      .split('\n')
      .filter((line) => /^(acl (client_|destination_|identified|known_|within_share)|http_access)/.test(line));

  test('a client has its own list in addition to the shared one, with either of its passwords', () => {
    const { status, stdout } = render({
      EGRESS_ALLOW: 'www.example.org:443',
      EGRESS_CREDENTIALS: `web.1 ${HASH}\nweb.2 ${OTHER_HASH}\nbatch.1 ${HASH}`,
      EGRESS_CLIENTS: 'web api.example.gov:443\nweb .example.com:80',
    });
    expect(status).toBe(0);
    expect(stdout).not.toContain('$2');
    expect(accesses(stdout)).toEqual([
      'acl client_1 note client batch',
      'acl client_2 note client web',
      'acl known_tunnel all-of of_tunnel kept_client',
      'acl known_client all-of credentials !long_credentials known remembered',
      'acl identified any-of known_tunnel known_client',
      'http_access deny !may_wait failed_crowded',
      'http_access deny !identified has_waited refused_credentials',
      'http_access deny !has_waited',
      'acl within_share any-of was_shared now_shared',
      'http_access deny CONNECT !within_share failed_tunnel_crowded',
      'http_access deny !CONNECT !within_share failed_crowded',
      'acl destination_1 all-of hosts_1 ports_1',
      'acl destination_2 all-of hosts_2 ports_2 client_2',
      'acl destination_3 all-of hosts_3 ports_3 client_2',
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
      'http_access deny CONNECT refused_tunnel_address',
      'http_access deny refused_address',
    ]);
  });

  test('without credentials, everyone can use the proxy', () => {
    expect(render({ EGRESS_ALLOW: 'www.example.org:443', EGRESS_CREDENTIALS: '', EGRESS_CLIENTS: '' }).stdout).toBe(
      render({ EGRESS_ALLOW: 'www.example.org:443' }).stdout,
    );
  });

  test.each([
    ['a seed that was taken away', { EGRESS_CREDENTIALS: '' }, { EGRESS_CREDENTIALS_1: `web.1 ${HASH}` }],
    [
      'a seed without clients',
      { EGRESS_CREDENTIALS: '# nobody', EGRESS_CREDENTIALS_1: '' },
      { EGRESS_CREDENTIALS_2: `web.1 ${HASH}` },
    ],
    [
      'fewer clients',
      { EGRESS_CREDENTIALS: `batch.1 ${HASH}`, EGRESS_CREDENTIALS_1: '' },
      { EGRESS_CREDENTIALS_2: `web.1 ${HASH}` },
    ],
  ])('%s is read the same with what is left over from longer lists', (_, credentials, left) => {
    const lists = { EGRESS_ALLOW: 'www.example.org:443', ...credentials, EGRESS_CLIENTS: '' };
    const { status, stdout } = render({ ...lists, ...left, EGRESS_CLIENTS_1: 'web api.example.gov:443' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: render(lists).stdout });
  });

  test.each([
    [{ EGRESS_CREDENTIALS: 'web.1:secret' }, 'EGRESS_CREDENTIALS line 1: "web.1 ..." is not a credential'],
    [{ EGRESS_CREDENTIALS: 'web.1 secret' }, 'EGRESS_CREDENTIALS line 1: "web.1 ..." is not a credential'],
    [{ EGRESS_CREDENTIALS: 'web.1\tsecret' }, 'EGRESS_CREDENTIALS line 1: "web.1 ..." is not a credential'],
    [{ EGRESS_CREDENTIALS: 'web.1=secret' }, 'EGRESS_CREDENTIALS line 1: "web.1 ..." is not a credential'],
    [{ EGRESS_CREDENTIALS: 'secret' }, 'EGRESS_CREDENTIALS line 1: "..." is not a credential'],
    [{ EGRESS_CREDENTIALS: `web ${HASH}` }, '"web ..." is not a credential: write CLIENT.VERSION'],
    [{ EGRESS_CREDENTIALS: `Web.1 ${HASH}` }, '"Web.1 ..." is not a credential'],
    [{ EGRESS_CREDENTIALS: `web.1 ${HASH}\nweb.1 ${OTHER_HASH}` }, 'EGRESS_CREDENTIALS has the user web.1 twice'],
    [
      { EGRESS_CREDENTIALS: `web.1 ${HASH}`, EGRESS_CLIENTS: 'www.example.org:443' },
      'line 1: "www.example.org:443" has no client',
    ],
    [
      { EGRESS_CREDENTIALS: `web.1 ${HASH}`, EGRESS_CLIENTS: 'web example.org' },
      'line 1: "web example.org" has no port',
    ],
    [
      { EGRESS_CREDENTIALS: `web.1 ${HASH}`, EGRESS_CLIENTS: 'batch example.org:443' },
      'a destination for batch, which has no user',
    ],
    [{ EGRESS_CLIENTS: 'web example.org:443' }, 'a destination for web, which has no user in EGRESS_CREDENTIALS'],
  ])('%j is refused', (environment, message) => {
    const { status, stdout, stderr } = render(environment);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/secret|aaaa|bbbb/);
  });
});

describe('EGRESS_FORWARD', () => {
  const GOOD = { EGRESS_FORWARD: 'smtp.example.org:587/tcp', EGRESS_FORWARD_PORT: '10587' };

  test("haproxy's configuration has only one host and port, and where to listen", () => {
    const { status, stdout } = render(GOOD);
    expect(status).toBe(0);
    expect(stdout.split('\n').filter((line) => /HOST|PORT|LISTEN|RULE/.test(line))).toEqual([
      '  setenv FORWARD_HOST smtp.example.org',
      '  setenv FORWARD_LISTEN 10587',
      '  setenv FORWARD_PORT 587',
      '  setenv FORWARD_RULE listed',
    ]);
  });

  test('private addresses are closed, and with a range, everything else is', () => {
    const closed = (line: string) =>
      render({ ...GOOD, EGRESS_FORWARD: line })
        .stdout.split('\n')
        .filter((each) => /^\d/.test(each));
    expect(closed('smtp.example.org:587/tcp')).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16']),
    );
    const within = closed('smtp.example.org:587/tcp@100.64.0.0/10');
    expect(within).toEqual(expect.arrayContaining(['0.0.0.0/2', '128.0.0.0/1', '100.100.100.200/32']));
    expect(within).not.toContain('100.64.0.0/10');
  });

  test.each([
    ['32m', 128],
    ['64m', 640],
    ['1024m', 10_000],
    ['', 640],
  ])('of %s memory there are %i connections', (limit, most) => {
    expect(render({ ...GOOD, MEMORY_LIMIT: limit }).stdout).toContain(`FORWARD_MOST ${most}\n`);
  });

  test.each([
    [{ EGRESS_FORWARD: '' }, 'EGRESS_FORWARD: "" is empty: name one host and its port'],
    [{ EGRESS_FORWARD: '.example.org:587/tcp' }, '".example.org:587/tcp" is a domain: name one host'],
    [{ EGRESS_FORWARD: 'smtp.example.org:25,587/tcp' }, 'has several ports: name one'],
    [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp until 2026-12-31' }, 'has an end: an application forwards'],
    [{ EGRESS_FORWARD: 'smtp.example.org:587' }, 'so write smtp.example.org:587/tcp'],
    [{ EGRESS_FORWARD: 'a.org:587/tcp\nb.org:587/tcp' }, 'EGRESS_FORWARD: "a.org:587/tcp\\x0ab.org:587/tcp"'],
    [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp@0.0.0.0/0' }, 'has the range 0.0.0.0/0, which is not private'],
    [{ EGRESS_FORWARD: '192.0.2.1:587/tcp' }, 'is an IP address: write the host name'],
    [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp\n' }, 'has a space or a second line'],
    [{ EGRESS_FORWARD: 'smtp.example.org":587/tcp' }, 'has a character that no host name has'],
    [{ EGRESS_FORWARD: '${home}.org:587/tcp' }, 'has a character that no host name has'],
    [{ EGRESS_FORWARD_PORT: '587' }, 'EGRESS_FORWARD_PORT: "587" is not a port to listen on'],
    [{ EGRESS_FORWARD_PORT: '8080' }, 'use a number from 1024 to 65535 except 3128 8080'],
    [{ EGRESS_FORWARD_PORT: '10587\n' }, 'EGRESS_FORWARD_PORT: "10587\\x0a" is not a port to listen on'],
    [{ EGRESS_FORWARD_PORT: undefined }, 'EGRESS_FORWARD_PORT is not set'],
    [{ EGRESS_FORWARD: undefined }, 'EGRESS_FORWARD_PORT is set but EGRESS_FORWARD is not'],
    [{ EGRESS_ALLOW: 'www.example.org:443' }, 'EGRESS_FORWARD and EGRESS_ALLOW are both set'],
    [{ EGRESS_CREDENTIALS: 'web.1 x' }, 'EGRESS_FORWARD and EGRESS_CREDENTIALS are both set'],
  ])('nothing starts with %j', (change, message) => {
    const environment = Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined);
    const { status, stdout, stderr } = render(Object.fromEntries(environment) as Record<string, string>);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(message);
  });
});
