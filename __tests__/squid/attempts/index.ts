/**
 * All attempts to get around the proxy. The tests run them against this proxy, `npm run bench:attacks` also runs them
 * against its peers, and squid/docs/attacks.md has a line for each.
 */
import { greeting } from '../client-hello';
import {
  attempts,
  type Group,
  HARMLESS,
  INVALID,
  METHOD,
  NOT_LISTED,
  REACHED,
  REACHED_OTHER,
  services,
  STAYS_OPEN,
  TUNNEL_NOT_LISTED,
} from './attempt';
import { DESTINATIONS } from './destinations';
import { FRAMING, HIDDEN, targeting, TARGETS } from './requests';
import {
  bytes,
  drip,
  get,
  injected,
  inside,
  opened,
  request,
  silent,
  traces,
  tunnel,
  twoGreetings,
  upgraded,
} from './ways';

export { ALLOW, type Attempt, type Group, gotThrough, names, type Places, reverse } from './attempt';

/** The header that never ends has a line every 2 s, for 25 s; this proxy waits 10 s. */
const DRIP_MS = 2_000;
const PATIENCE_MS = 25_000;

/** Either the proxy or the server refuses it. */
const REFUSED_GREETING = /^(cut|a TLS alert)$/;
const ANSWERED = { through: /200/ } as const;
/** Neither a TLS site nor one that speaks first understands it. */
const NONSENSE = { through: /reached|400|nonsense/, ...STAYS_OPEN } as const;

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

const to = 'www.example.org:443';

export const GROUPS: readonly Group[] = [
  services('What has to work', [
    ['GET', get('http://www.example.org/'), REACHED],
    ['GET in capitals', get('http://WWW.EXAMPLE.ORG/'), /^reached www\.example\.org$/i],
    ['GET with a trailing dot', get('http://www.example.org./'), /^reached www\.example\.org\.?$/],
    ['GET with a user like a host', get('http://www.example.net@www.example.org/'), REACHED],
    ['a tunnel', tunnel(to), REACHED],
    [
      'a tunnel in capitals, with a trailing dot',
      tunnel('WWW.EXAMPLE.ORG.:443', { servername: 'www.example.org' }),
      REACHED,
    ],
    [
      'a tunnel with capitals in its TLS',
      tunnel('api.example.gov:443', { servername: 'API.example.gov' }),
      /^reached api\.example\.gov$/i,
    ],
    ['a `/tcp` tunnel', inside('git.example.gov:22', ''), 'reached a server that speaks first', STAYS_OPEN],
  ]),

  ...DESTINATIONS,
  TARGETS,
  FRAMING,

  attempts('Methods and schemes', [
    [
      'TRACE, to read the headers it would echo',
      bytes(request('TRACE', 'http://www.example.org/', undefined, 'Max-Forwards: 0')),
      METHOD,
      ANSWERED,
    ],
    [
      "TRACE, squid's own scheme for tunnels",
      bytes(request('TRACE', 'authority_form://www.example.org:443/', undefined, 'Max-Forwards: 0')),
      METHOD,
      ANSWERED,
    ],
    ...['PURGE', 'PROPFIND', 'LOCK'].map(
      (method) => [method, bytes(request(method, 'http://www.example.org/')), METHOD, HARMLESS] as const,
    ),
    ['a method in lower case', bytes(request('connect', 'www.example.net:443')), TUNNEL_NOT_LISTED],
    ['`ftp://`', get('ftp://www.example.org:80/'), METHOD],
    ['`https://` without a tunnel', get('https://www.example.org/'), METHOD],
    ['`https://` of an unlisted host', get('https://www.example.net/', 'www.example.net'), METHOD],
    ['`urn:`', get('urn:www.example.org:80'), INVALID],
    ['`file://`', get('file:///etc/passwd', 'www.example.net'), /^(400|403)/, { through: /200|reached/ }],
    // Squid 5, in older stacks, answers it.
    ['HTTP/0.9', bytes('GET http://www.example.net/\r\n\r\n'), /^40[03]/],
    [
      'HTTP/2.0 in the first line',
      bytes('GET http://www.example.net/ HTTP/2.0\r\nHost: www.example.net\r\n\r\n'),
      /^505/,
    ],
    // It would be a tunnel to any site of the server.
    ...['websocket', 'h2c', 'TLS/1.0'].map(
      (protocol) =>
        [`an upgrade to ${protocol}`, upgraded(protocol), REACHED, { through: /with upgrade|101/ }] as const,
    ),
    ['the PROXY protocol', bytes('PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n'), /^400/],
    ['HTTP/2 without TLS', bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), /^(400|403|405|505)/],
  ]),

  attempts(
    'The proxy itself',
    [
      ['`cache_object://`', get('cache_object://localhost/info'), NOT_LISTED],
      ['the cache manager by name', get('http://egress/squid-internal-mgr/info'), NOT_LISTED],
      ['the cache manager by a listed host', get('http://www.example.org/squid-internal-mgr/info'), NOT_LISTED],
      ['the cache manager without a host', bytes(request('GET', '/squid-internal-mgr/info')), /^(400|403)/],
      ['its port', get('http://localhost:3128/'), NOT_LISTED],
      [
        'a request after its health check',
        bytes(`GET /squid-internal-static/icons/health HTTP/1.1\r\nHost: egress\r\n\r\n${HIDDEN}`),
        `200, ${NOT_LISTED}`,
        { through: REACHED_OTHER },
      ],
      [
        'its own answer, by Max-Forwards',
        targeting('OPTIONS http://www.example.net/', 'Max-Forwards: 0'),
        /^(403|501)/,
        { through: /200|reached/ },
      ],
      [
        'an unknown Expect header',
        targeting('GET http://www.example.net/', 'Expect: nothing'),
        /^417/,
        { through: /reached/ },
      ],
      [
        'a loop, by Via',
        targeting('GET http://www.example.net/', 'Via: 1.1 egress (squid)'),
        NOT_LISTED,
        { through: /reached/ },
      ],
      ...['localhost', '127.0.0.1', 'egress', '[::1]'].map(
        (name) => [`CONNECT \`${name}:3128\``, opened(`${name}:3128`), TUNNEL_NOT_LISTED, { through: /open/ }] as const,
      ),
    ],
    /200/,
  ),

  attempts('Inside a tunnel to a listed host', [
    ['TLS for an unlisted host', tunnel(to, { servername: 'www.example.net' }), 'cut'],
    ['TLS for another listed host', tunnel(to, { servername: 'api.example.gov' }), 'cut'],
    ['TLS for a host below it', tunnel(to, { servername: 'www.www.example.org' }), 'cut'],
    ['TLS for its domain', tunnel(to, { servername: 'example.org' }), 'cut'],
    ['TLS without a name', tunnel(to, { servername: '' }), 'cut'],
    ...Object.entries(WRITTEN_INTO_A_QUESTION).map(
      ([what, servername]) => [`TLS for ${what}`, tunnel(to, { servername, site: 'www.example.net' }), 'cut'] as const,
    ),
    [
      'TLS for it and another host',
      inside(to, greeting('www.example.org', 'www.example.net').toString('latin1')),
      REFUSED_GREETING,
      { through: REACHED_OTHER },
    ],
    [
      'TLS for another host and it',
      inside(to, greeting('www.example.net', 'www.example.org').toString('latin1')),
      REFUSED_GREETING,
      { through: REACHED_OTHER },
    ],
    ['HTTP', inside(to, HIDDEN), 'cut'],
    ['SSH', inside(to, 'SSH-2.0-OpenSSH\r\n'), 'cut', { through: /reached|400/ }],
    ['TLS without a ClientHello', inside(to, '\x17\x03\x03\x00\x02hi'), 'cut', NONSENSE],
    ['SSL 2', inside(to, '\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10'), 'cut', NONSENSE],
  ]),

  attempts('Size and time', [
    [
      'a header of 40 KB',
      bytes(request('GET', 'http://www.example.org/', undefined, `X: ${'x'.repeat(40_000)}`)),
      /^431/,
      HARMLESS,
    ],
    ['an endless header, for 25 s', drip(DRIP_MS, PATIENCE_MS), 'cut', { through: /open/, slow: true }],
    ['a silent connection, for 25 s', silent(PATIENCE_MS), 'cut', { through: /open/, slow: true }],
    [
      'a header of 1,000 lines of 3 bytes',
      bytes(request('GET', 'http://www.example.org/', undefined, `${'a:\n'.repeat(1_000)}a:`)),
      // Squid 5, in older stacks, refuses such line ends.
      /^(reached www\.example\.org|400)/,
      HARMLESS,
    ],
    [
      'a header of 4,000 such lines',
      bytes(request('GET', 'http://www.example.org/', undefined, `${'a:\n'.repeat(4_000)}a:`)),
      /^431/,
    ],
  ]),

  attempts(
    'What the site learns',
    [
      ['the proxy', traces('http://www.example.org/'), REACHED],
      ['the client, by its X-Forwarded-For', traces('http://www.example.org/', 'X-Forwarded-For: 192.0.2.7'), REACHED],
      [
        'a header hidden in Cache-Control',
        injected('Cache-Control: no-cache\rX-Injected: 1', 'Cache-Control: no-cache\r\n X-Injected: 1'),
        REACHED,
      ],
    ],
    /with/,
  ),

  services('What cannot be seen without decrypting', [
    ['a request inside TLS for another host', tunnel(to, { site: 'www.example.net' }), 'reached www.example.net'],
    [
      'a second ClientHello, which the server requests, for another host',
      twoGreetings(['www.example.org', 'www.example.net']),
      'reached www.example.net',
    ],
  ]),
];
