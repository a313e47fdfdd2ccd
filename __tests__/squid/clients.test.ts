import { render } from './rules';

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
  [{ EGRESS_CREDENTIALS: `web.1 ${HASH}`, EGRESS_CLIENTS: 'web example.org' }, 'line 1: "web example.org" has no port'],
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
