/**
 * All attempts to get around the proxy. The tests run them against this proxy, `npm run bench:attacks` also runs them
 * against its peers, and squid/docs/attacks.md has a row for each.
 */
import { greeting } from '../greeting';
import { attempts, type Group, services } from './attempt';
import {
  INVALID,
  METHOD,
  NOT_LISTED,
  PRIVATE,
  REACHED,
  REACHED_OTHER,
  STAYS_OPEN,
  TUNNEL_NOT_LISTED,
  TUNNEL_PRIVATE,
} from './expected';
import { FRAMING, HIDDEN } from './framing';
import { type Places, reverse } from './setting';
import { targeting, TARGETS } from './targets';
import {
  bytes,
  drip,
  get,
  injected,
  inside,
  lateGreeting,
  later,
  opened,
  overheard,
  request,
  silent,
  traces,
  tunnel,
  turning,
  twoGreetings,
  upgraded,
  type Way,
} from './ways';

export { type Attempt, type Group, gotThrough } from './attempt';
export { ALLOW, names, type Places, reverse } from './setting';

/** The header that never ends has a line every 2 s, for 25 s; this proxy waits 10 s. */
const DRIP_MS = 2_000;
const PATIENCE_MS = 25_000;
/** Squid caches an address for at least 5 s. */
const LONGER_THAN_KEPT_MS = 6_000;

/** Either the proxy or the server refuses it. */
const REFUSED_GREETING = /^(cut|a TLS alert)$/;

/** An attempt with an address that is known only when the machines are running. */
const at =
  (address: (places: Places) => string, way: (address: string) => Way): Way =>
  (proxy, places) =>
    way(address(places))(proxy, places);

const number = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

/** The notations of an IPv4 address that some resolver understands. */
const NOTATIONS: Readonly<Record<string, (address: string) => string>> = {
  dotted: (address) => address,
  decimal: (address) => String(number(address)),
  hexadecimal: (address) => `0x${number(address).toString(16)}`,
  octal: (address) => `0${number(address).toString(8)}`,
  'octal bytes': (address) =>
    address
      .split('.')
      .map((byte) => `0${Number(byte).toString(8)}`)
      .join('.'),
  'hexadecimal bytes': (address) =>
    address
      .split('.')
      .map((byte) => `0x${Number(byte).toString(16)}`)
      .join('.'),
  'in IPv6': (address) => `[::ffff:${address}]`,
};

const inEveryNotation = (whose: string, address: (places: Places) => string) =>
  Object.entries(NOTATIONS).flatMap(([notation, write]) => [
    [
      `GET of the address of ${whose}, ${notation}`,
      at(
        (places) => write(address(places)),
        (text) => get(`http://${text}/`),
      ),
      NOT_LISTED,
    ] as const,
    [
      `CONNECT to the address of ${whose}, ${notation}`,
      at(
        (places) => write(address(places)),
        (text) => tunnel(`${text}:443`),
      ),
      TUNNEL_NOT_LISTED,
    ] as const,
  ]);

/** Separators that could make one reader see the first half of a name, and another reader the second. */
const BETWEEN = {
  'a NUL': '\0',
  'a tab': '\t',
  '`#`': '#',
  '`?`': '?',
  'a backslash': '\\',
  ...Object.fromEntries(['%00', '%09', '%20', '%23', '%2e', '%2f', '%3f', '%5c'].map((text) => [`\`${text}\``, text])),
};

/** Names in a ClientHello that attack the lines in which a proxy asks its helper about names. */
const WRITTEN_INTO_A_QUESTION = {
  'a word twice': 'x x',
  'the host and a word': 'www.example.org www.example.org x',
  'the host and a line': 'www.example.org\nx',
  'a line that a helper would accept': 'x\nsame_name x x -',
  'a line that a helper would reject': '\nsame_name x y -\n',
  'the host and a carriage return': 'www.example.org\r',
  'the host, encoded': 'www%2eexample%2eorg',
};

/** Listed names, by what they resolve to. */
const LEADS_TO = {
  'a private address': 'private',
  loopback: 'loopback',
  'the metadata address': 'metadata',
  '0.0.0.0': 'this',
  "a carrier's shared address": 'shared',
  'the broadcast address': 'broadcast',
  'a public and a private address': 'mixed',
} as const;

/** Reachable only if the proxy has IPv6; refused in any case. */
const LEADS_TO_IPV6 = {
  'the metadata address, mapped into IPv6': 'mapped',
  'the metadata address behind NAT64': 'translated',
  'IPv6 loopback': 'loopback6',
  'a private IPv6 address': 'unique6',
} as const;

const NEIGHBOUR = /at a private address/;
const TURNED = 'reached turns.example.org';

export const GROUPS: readonly Group[] = [
  services('What has to work', [
    ['GET of a listed host', get('http://www.example.org/'), 'reached www.example.org'],
    ['GET in capitals', get('http://WWW.EXAMPLE.ORG/'), /^reached www\.example\.org$/i],
    ['GET with a trailing dot', get('http://www.example.org./'), /^reached www\.example\.org\.?$/],
    [
      'GET with a user name that looks like a host',
      get('http://www.example.net@www.example.org/'),
      'reached www.example.org',
    ],
    ['tunnel to a listed host', tunnel('www.example.org:443'), 'reached www.example.org'],
    [
      'tunnel in capitals, with a trailing dot',
      tunnel('WWW.EXAMPLE.ORG.:443', { servername: 'www.example.org' }),
      'reached www.example.org',
    ],
    [
      'tunnel whose TLS names the host in capitals',
      tunnel('api.example.gov:443', { servername: 'API.example.gov' }),
      /^reached api\.example\.gov$/i,
    ],
    [
      'tunnel that may hold anything (`/tcp`)',
      inside('git.example.gov:22', ''),
      'reached a server that speaks first',
      STAYS_OPEN,
    ],
  ]),

  attempts('Names', [
    ['GET of a host that is not listed', get('http://www.example.net/'), NOT_LISTED],
    ['CONNECT to it', tunnel('www.example.net:443'), TUNNEL_NOT_LISTED],
    ['with a trailing dot', get('http://www.example.net./'), NOT_LISTED],
    ['that begins with a listed one', get('http://www.example.org.example.net/'), NOT_LISTED],
    ['CONNECT to that', tunnel('www.example.org.example.net:443'), TUNNEL_NOT_LISTED],
    ['that ends with a listed one, without the dot', get('http://wwwexample.org/'), NOT_LISTED],
    ['`localhost`', get('http://localhost/'), NOT_LISTED],
    ['a listed one as user name', get('http://www.example.org@www.example.net/'), NOT_LISTED],
    ['a listed one as user name, with ports', get('http://www.example.org:80@www.example.net:80/'), NOT_LISTED],
    [
      'CONNECT to another, a listed one as user name',
      tunnel('www.example.org:443@www.example.net:443', { servername: 'www.example.org' }),
      'reached www.example.org',
      { through: REACHED_OTHER },
    ],
    [
      'CONNECT to a listed one, another as user name',
      tunnel('www.example.net:443@www.example.org:443', { servername: 'www.example.org' }),
      TUNNEL_NOT_LISTED,
      { through: REACHED_OTHER },
    ],
    ['in punycode', get('http://xn--exmple-cua.org/'), NOT_LISTED],
    ['in bytes beyond ASCII', get('http://www.ex\u00e4mple.org/'), /^(400|403|503)/],
    ...Object.entries(BETWEEN).map(
      ([what, between]) =>
        [
          `\`www.example.net\` and \`.example.org\` with ${what} between`,
          get(`http://www.example.net${between}.example.org/`),
          /^(400|403|503)/,
        ] as const,
    ),
    ['an escaped `@`', get('http://www.example.org%40www.example.net/'), /^(400|403|503)/],
    ['an escaped line end', get('http://www.example.org%0d%0aHost:%20www.example.net/'), /^(400|403|503)/],
    [
      'CONNECT with an escaped NUL',
      tunnel('www.example.net%00.example.org:443', { servername: 'www.example.net' }),
      /^(400|407|503)/,
    ],
    [
      'CONNECT with a NUL',
      tunnel('www.example.net\0.example.org:443', { servername: 'www.example.net' }),
      /^(400|407|503)/,
    ],
  ]),

  attempts('Addresses', [
    ...inEveryNotation('a listed host', ({ site }) => site),
    ...inEveryNotation('a stranger whose reverse zone names a listed host', ({ nobody }) => nobody),
    ...inEveryNotation('the metadata service', () => '169.254.169.254'),
    ['GET of `127.1`', get('http://127.1/'), NOT_LISTED],
    ['GET of `0`', get('http://0/'), NOT_LISTED],
    ['GET of `169.254.43518`', get('http://169.254.43518/'), NOT_LISTED],
    ['GET of `[::1]`', get('http://[::1]/'), NOT_LISTED],
    ['CONNECT to `[::1]`', tunnel('[::1]:443'), TUNNEL_NOT_LISTED],
    ['GET of `[fd00:ec2::254]`', get('http://[fd00:ec2::254]/'), NOT_LISTED],
  ]),

  attempts('Listed names that resolve elsewhere', [
    ...Object.entries(LEADS_TO).flatMap(([where, name]) => [
      [`GET of a name that resolves to ${where}`, get(`http://${name}.example.org/`), PRIVATE] as const,
      [`CONNECT to a name that resolves to ${where}`, tunnel(`${name}.example.org:443`), TUNNEL_PRIVATE] as const,
    ]),
    ...Object.entries(LEADS_TO_IPV6).flatMap(([where, name]) => [
      [
        `GET of a name that resolves to ${where}`,
        get(`http://${name}.example.org/`),
        /^(403 ERR_PRIVATE_ADDRESS|503)/,
      ] as const,
      [`CONNECT to a name that resolves to ${where}`, tunnel(`${name}.example.org:443`), /^(407)/] as const,
    ]),
    [
      'a different address at each lookup: GET',
      turning((name) => get(`http://${name}/`)),
      TURNED,
      { through: NEIGHBOUR },
    ],
    [
      'a different address at each lookup: tunnel',
      turning((name) => tunnel(`${name}:443`)),
      TURNED,
      { through: NEIGHBOUR },
    ],
    [
      'another address after a while: GET, then another GET',
      turning((name) => later(LONGER_THAN_KEPT_MS, get(`http://${name}/`))),
      `${TURNED}, then ${PRIVATE}`,
      { through: NEIGHBOUR, slow: true },
    ],
    [
      'another address while the client delays its ClientHello',
      turning((name) => lateGreeting(LONGER_THAN_KEPT_MS, name)),
      'cut',
      { through: NEIGHBOUR, slow: true },
    ],
  ]),

  attempts('Ports', [
    ['GET from port 22', get('http://www.example.org:22/'), NOT_LISTED, { through: /reached|nonsense|200/ }],
    ['GET from port 8443', get('http://www.example.org:8443/'), NOT_LISTED],
    ['GET from port 80 of a host that is listed with 443', get('http://api.example.gov/'), NOT_LISTED],
    ['CONNECT to port 22', inside('www.example.org:22', ''), TUNNEL_NOT_LISTED],
    ['CONNECT to port 25', inside('www.example.org:25', ''), TUNNEL_NOT_LISTED],
    ['CONNECT to port 8443', tunnel('www.example.org:8443'), TUNNEL_NOT_LISTED],
    ['CONNECT to port 80 of a host that is listed with 443', tunnel('api.example.gov:80'), TUNNEL_NOT_LISTED],
    ['CONNECT to port 443 of a host that is listed with 22', tunnel('git.example.gov:443'), TUNNEL_NOT_LISTED],
    ['CONNECT to port 0', tunnel('www.example.org:0'), INVALID, { through: undefined }],
    ['CONNECT to port 99999', tunnel('www.example.org:99999'), INVALID],
    ['CONNECT to port 65561, which is 25 in 16 bits', inside('www.example.org:65561', ''), INVALID],
    [
      'CONNECT without a port, which squid treats as 443',
      tunnel('www.example.org'),
      'reached www.example.org',
      { through: undefined },
    ],
  ]),

  TARGETS,
  FRAMING,

  attempts('Methods and schemes', [
    [
      'TRACE, which would be echoed with its headers',
      bytes(request('TRACE', 'http://www.example.org/', undefined, 'Max-Forwards: 0')),
      METHOD,
      { through: /200/ },
    ],
    [
      "TRACE with the scheme of squid's own requests for tunnels",
      bytes(request('TRACE', 'authority_form://www.example.org:443/', undefined, 'Max-Forwards: 0')),
      METHOD,
      { through: /200/ },
    ],
    ...['PURGE', 'PROPFIND', 'LOCK'].map(
      (method) => [method, bytes(request(method, 'http://www.example.org/')), METHOD, { through: undefined }] as const,
    ),
    ['a method in lower case', bytes(request('connect', 'www.example.net:443')), TUNNEL_NOT_LISTED],
    ['`ftp://`', get('ftp://www.example.org:80/'), METHOD],
    ['`https://` without a tunnel', get('https://www.example.org/'), METHOD],
    ['`https://` of a host that is not listed', get('https://www.example.net/', 'www.example.net'), METHOD],
    ['`urn:`', get('urn:www.example.org:80'), INVALID],
    ['`file://`', get('file:///etc/passwd', 'www.example.net'), /^(400|403)/, { through: /200|reached/ }],
    // Squid 5, in older stacks, answers it.
    ['HTTP/0.9', bytes('GET http://www.example.net/\r\n\r\n'), /^40[03]/],
    [
      "HTTP/2 by the version of a request's first line",
      bytes('GET http://www.example.net/ HTTP/2.0\r\nHost: www.example.net\r\n\r\n'),
      /^505/,
    ],
    ...['websocket', 'h2c', 'TLS/1.0'].map(
      (protocol) =>
        [
          `an upgrade to ${protocol}, which would be a tunnel to any site of the server`,
          upgraded(protocol),
          REACHED,
          { through: /with upgrade|101/ },
        ] as const,
    ),
    [
      "a load balancer's line with its client's address (PROXY protocol)",
      bytes('PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n'),
      /^400/,
    ],
    ['HTTP/2 without TLS', bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), /^(400|403|405|505)/],
  ]),

  attempts('The proxy itself', [
    ['`cache_object://`', get('cache_object://localhost/info'), NOT_LISTED, { through: /200/ }],
    ['the cache manager by name', get('http://egress/squid-internal-mgr/info'), NOT_LISTED, { through: /200/ }],
    [
      'the cache manager by a listed host',
      get('http://www.example.org/squid-internal-mgr/info'),
      NOT_LISTED,
      { through: /200/ },
    ],
    [
      'the cache manager without a host',
      bytes(request('GET', '/squid-internal-mgr/info')),
      /^(400|403)/,
      { through: /200/ },
    ],
    ['its port', get('http://localhost:3128/'), NOT_LISTED, { through: /200/ }],
    [
      'a request after its health check',
      bytes(`GET /squid-internal-static/icons/health HTTP/1.1\r\nHost: egress\r\n\r\n${HIDDEN}`),
      `200, ${NOT_LISTED}`,
      { through: REACHED_OTHER },
    ],
    [
      'an answer from the proxy instead of the site, by Max-Forwards',
      targeting('OPTIONS http://www.example.net/', 'Max-Forwards: 0'),
      /^(403|501)/,
      { through: /200|reached/ },
    ],
    ['an unknown Expect header', targeting('GET http://www.example.net/', 'Expect: nothing'), /^417/],
    [
      'a request that has already passed through it, by Via',
      targeting('GET http://www.example.net/', 'Via: 1.1 egress (squid)'),
      NOT_LISTED,
    ],
    ...['localhost', '127.0.0.1', 'egress', '[::1]'].map(
      (name) =>
        [`CONNECT to \`${name}:3128\``, opened(`${name}:3128`), TUNNEL_NOT_LISTED, { through: /open/ }] as const,
    ),
  ]),

  attempts('Inside a tunnel to a listed host', [
    ['TLS for a host that is not listed', tunnel('www.example.org:443', { servername: 'www.example.net' }), 'cut'],
    ['TLS for another listed host', tunnel('www.example.org:443', { servername: 'api.example.gov' }), 'cut'],
    ['TLS for a host below it', tunnel('www.example.org:443', { servername: 'www.www.example.org' }), 'cut'],
    ['TLS for the domain above it', tunnel('www.example.org:443', { servername: 'example.org' }), 'cut'],
    ['TLS that names no host', tunnel('www.example.org:443', { servername: '' }), 'cut'],
    ...Object.entries(WRITTEN_INTO_A_QUESTION).map(
      ([what, servername]) =>
        [`TLS for ${what}`, tunnel('www.example.org:443', { servername, site: 'www.example.net' }), 'cut'] as const,
    ),
    [
      'TLS that names this host, and then another',
      inside('www.example.org:443', greeting('www.example.org', 'www.example.net').toString('latin1')),
      REFUSED_GREETING,
      { through: REACHED_OTHER },
    ],
    [
      'TLS that names another host, and then this one',
      inside('www.example.org:443', greeting('www.example.net', 'www.example.org').toString('latin1')),
      REFUSED_GREETING,
      { through: REACHED_OTHER },
    ],
    ['HTTP without TLS', inside('www.example.org:443', HIDDEN), 'cut'],
    ['SSH', inside('www.example.org:443', 'SSH-2.0-OpenSSH\r\n'), 'cut', { through: /reached|400/ }],
    [
      "a TLS record that isn't a ClientHello",
      inside('www.example.org:443', '\x17\x03\x03\x00\x02hi'),
      'cut',
      { through: /reached|400|nonsense/, ...STAYS_OPEN },
    ],
    [
      'SSL 2',
      inside('www.example.org:443', '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10'),
      'cut',
      { through: /reached|400|nonsense/, ...STAYS_OPEN },
    ],
  ]),

  attempts('Data in a lookup', [
    [
      'GET of a name that is not listed',
      overheard(() => 'secret.example.net', get('http://secret.example.net/')),
      NOT_LISTED,
      { through: /looked up/ },
    ],
    [
      'CONNECT to a name that is not listed',
      overheard(() => 'secret2.example.net', tunnel('secret2.example.net:443')),
      TUNNEL_NOT_LISTED,
      { through: /looked up/ },
    ],
    [
      'GET of an address, whose reverse zone would see the lookup',
      overheard(
        ({ nobody }) => reverse(nobody),
        at(
          ({ nobody }) => nobody,
          (text) => get(`http://${text}/`),
        ),
      ),
      NOT_LISTED,
      { through: /looked up|reached/ },
    ],
  ]),

  attempts('Size and time', [
    [
      'a header of 40 KB',
      bytes(request('GET', 'http://www.example.org/', undefined, `X: ${'x'.repeat(40_000)}`)),
      /^431/,
      { through: undefined },
    ],
    [
      'a header that never ends, a line every 2 s, for 25 s',
      drip(DRIP_MS, PATIENCE_MS),
      'cut',
      { through: /open/, slow: true },
    ],
    ['a connection that sends nothing, for 25 s', silent(PATIENCE_MS), 'cut', { through: /open/, slow: true }],
    [
      'a header of a thousand lines of three bytes',
      bytes(request('GET', 'http://www.example.org/', undefined, `${'a:\n'.repeat(1_000)}a:`)),
      // Squid 5, in older stacks, refuses such line ends.
      /^(reached www\.example\.org|400)/,
      { through: undefined },
    ],
    [
      'a header of four thousand',
      bytes(request('GET', 'http://www.example.org/', undefined, `${'a:\n'.repeat(4_000)}a:`)),
      /^431/,
    ],
  ]),

  attempts('What the site learns', [
    ['about the proxy', traces('http://www.example.org/'), 'reached www.example.org', { through: /with/ }],
    [
      'about the client, from its own X-Forwarded-For',
      traces('http://www.example.org/', 'X-Forwarded-For: 192.0.2.7'),
      'reached www.example.org',
      { through: /with/ },
    ],
    [
      "about the proxy, when it adds to the client's Cache-Control",
      injected('Cache-Control: no-cache\rX-Injected: 1', 'Cache-Control: no-cache\r\n X-Injected: 1'),
      'reached www.example.org',
      { through: /with/ },
    ],
  ]),

  services('What cannot be seen without decrypting', [
    [
      'TLS for the listed host, with a request inside that names another',
      tunnel('www.example.org:443', { site: 'www.example.net' }),
      'reached www.example.net',
    ],
    [
      'a second ClientHello, requested by the server, that names another host',
      twoGreetings(['www.example.org', 'www.example.net']),
      'reached www.example.net',
    ],
  ]),
];
