/** Names, addresses and ports that a client asks for. */
import {
  attempts,
  HARMLESS,
  INVALID,
  NOT_LISTED,
  type Places,
  REACHED,
  REACHED_OTHER,
  reverse,
  TUNNEL_NOT_LISTED,
} from './attempt';
import { get, inside, lateGreeting, later, overheard, tunnel, turning, type Way } from './ways';

/** Squid caches an address for at least 5 s. */
const LONGER_THAN_KEPT_MS = 6_000;

/** An attempt with an address that is known only when the machines are running. */
const at =
  (address: (places: Places) => string, way: (address: string) => Way): Way =>
  (proxy, places) =>
    way(address(places))(proxy, places);

const number = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
const eachByte = (address: string, write: (byte: number) => string): string =>
  address
    .split('.')
    .map((byte) => write(Number(byte)))
    .join('.');

/** The notations of an IPv4 address that some resolver understands. */
const NOTATIONS: Readonly<Record<string, (address: string) => string>> = {
  dotted: (address) => address,
  decimal: (address) => String(number(address)),
  hexadecimal: (address) => `0x${number(address).toString(16)}`,
  octal: (address) => `0${number(address).toString(8)}`,
  'octal bytes': (address) => eachByte(address, (byte) => `0${byte.toString(8)}`),
  'hexadecimal bytes': (address) => eachByte(address, (byte) => `0x${byte.toString(16)}`),
  'in IPv6': (address) => `[::ffff:${address}]`,
};

const inEveryNotation = (title: string, address: (places: Places) => string) =>
  attempts(
    title,
    Object.entries(NOTATIONS).flatMap(([notation, write]) => {
      const written = (way: (text: string) => Way): Way => at((places) => write(address(places)), way);
      return [
        [`GET, ${notation}`, written((text) => get(`http://${text}/`)), NOT_LISTED] as const,
        [`CONNECT, ${notation}`, written((text) => tunnel(`${text}:443`)), TUNNEL_NOT_LISTED] as const,
      ];
    }),
  );

/** Separators that could make one reader see the first half of a name, and another reader the second. */
const BETWEEN = {
  NUL: '\0',
  'a tab': '\t',
  '`#`': '#',
  '`?`': '?',
  'a backslash': '\\',
  ...Object.fromEntries(['%00', '%09', '%20', '%23', '%2e', '%2f', '%3f', '%5c'].map((text) => [`\`${text}\``, text])),
};

/** This proxy's answers to requests and tunnels. */
const PRIVATE = ['403 ERR_PRIVATE_ADDRESS', '407 ERR_PRIVATE_ADDRESS'] as const;
/** Reachable only if the proxy has IPv6; refused in any case. */
const PRIVATE_IPV6 = [/^(403 ERR_PRIVATE_ADDRESS|503)/, /^(407)/] as const;

/** Listed names, by what they resolve to. */
const LEADS_TO = {
  'a private address': ['private', PRIVATE],
  loopback: ['loopback', PRIVATE],
  'the metadata address': ['metadata', PRIVATE],
  '0.0.0.0': ['this', PRIVATE],
  "a carrier's shared address": ['shared', PRIVATE],
  'the broadcast address': ['broadcast', PRIVATE],
  'a public and a private address': ['mixed', PRIVATE],
  'the metadata address, mapped into IPv6': ['mapped', PRIVATE_IPV6],
  'the metadata address behind NAT64': ['translated', PRIVATE_IPV6],
  'IPv6 loopback': ['loopback6', PRIVATE_IPV6],
  'a private IPv6 address': ['unique6', PRIVATE_IPV6],
} as const;

const TURNED = 'reached turns.example.org';
const SLOW = { slow: true } as const;

export const DESTINATIONS = [
  attempts('Unlisted names', [
    ['GET', get('http://www.example.net/'), NOT_LISTED],
    ['CONNECT', tunnel('www.example.net:443'), TUNNEL_NOT_LISTED],
    ['a trailing dot', get('http://www.example.net./'), NOT_LISTED],
    ['GET, begins with a listed name', get('http://www.example.org.example.net/'), NOT_LISTED],
    ['CONNECT, begins with a listed name', tunnel('www.example.org.example.net:443'), TUNNEL_NOT_LISTED],
    ['ends with a listed name, without the dot', get('http://wwwexample.org/'), NOT_LISTED],
    ['`localhost`', get('http://localhost/'), NOT_LISTED],
    ['a listed name as user', get('http://www.example.org@www.example.net/'), NOT_LISTED],
    ['a listed name as user, with ports', get('http://www.example.org:80@www.example.net:80/'), NOT_LISTED],
    [
      'CONNECT, a listed name as user',
      tunnel('www.example.org:443@www.example.net:443', { servername: 'www.example.org' }),
      REACHED,
      { through: REACHED_OTHER },
    ],
    [
      'CONNECT to a listed name, an unlisted one as user',
      tunnel('www.example.net:443@www.example.org:443', { servername: 'www.example.org' }),
      TUNNEL_NOT_LISTED,
      { through: REACHED_OTHER },
    ],
    ['punycode', get('http://xn--exmple-cua.org/'), NOT_LISTED],
    ['not ASCII', get('http://www.ex\u00e4mple.org/'), /^(400|403|503)/],
  ]),

  attempts('An unlisted and a listed name, separated', [
    ...Object.entries(BETWEEN).map(
      ([what, between]) =>
        [`by ${what}`, get(`http://www.example.net${between}.example.org/`), /^(400|403|503)/] as const,
    ),
    ['by an escaped `@`', get('http://www.example.org%40www.example.net/'), /^(400|403|503)/],
    ['by an escaped line end', get('http://www.example.org%0d%0aHost:%20www.example.net/'), /^(400|403|503)/],
    ...Object.entries({ 'an escaped NUL': '%00', NUL: '\0' }).map(
      ([what, between]) =>
        [
          `CONNECT, by ${what}`,
          tunnel(`www.example.net${between}.example.org:443`, { servername: 'www.example.net' }),
          /^(400|407|503)/,
        ] as const,
    ),
  ]),

  inEveryNotation('The address of a listed host', ({ site }) => site),
  inEveryNotation("A stranger's address whose reverse zone names a listed host", ({ nobody }) => nobody),
  inEveryNotation("The metadata service's address", () => '169.254.169.254'),
  attempts('Other addresses', [
    ...['127.1', '0', '169.254.43518', '[::1]', '[fd00:ec2::254]'].map(
      (address) => [`GET \`${address}\``, get(`http://${address}/`), NOT_LISTED] as const,
    ),
    ['CONNECT `[::1]`', tunnel('[::1]:443'), TUNNEL_NOT_LISTED],
  ]),

  attempts(
    'Listed names that resolve elsewhere',
    Object.entries(LEADS_TO).flatMap(([where, [name, [answer, tunnelAnswer]]]) => [
      [`GET, to ${where}`, get(`http://${name}.example.org/`), answer] as const,
      [`CONNECT, to ${where}`, tunnel(`${name}.example.org:443`), tunnelAnswer] as const,
    ]),
  ),
  attempts(
    'Listed names that resolve to a private address later',
    [
      ['GET, at the second lookup', turning((name) => get(`http://${name}/`)), TURNED],
      ['CONNECT, at the second lookup', turning((name) => tunnel(`${name}:443`)), TURNED],
      [
        'before the second GET',
        turning((name) => later(LONGER_THAN_KEPT_MS, get(`http://${name}/`))),
        `${TURNED}, then ${PRIVATE[0]}`,
        SLOW,
      ],
      ['before the ClientHello', turning((name) => lateGreeting(LONGER_THAN_KEPT_MS, name)), 'cut', SLOW],
    ],
    /at a private address/,
  ),

  attempts('Ports', [
    ['GET, 22', get('http://www.example.org:22/'), NOT_LISTED, { through: /reached|nonsense|200/ }],
    ['GET, 8443', get('http://www.example.org:8443/'), NOT_LISTED],
    ['GET, 80 of a host listed with 443', get('http://api.example.gov/'), NOT_LISTED],
    ['CONNECT, 22', inside('www.example.org:22', ''), TUNNEL_NOT_LISTED],
    ['CONNECT, 25', inside('www.example.org:25', ''), TUNNEL_NOT_LISTED],
    ['CONNECT, 8443', tunnel('www.example.org:8443'), TUNNEL_NOT_LISTED],
    ['CONNECT, 80 of a host listed with 443', tunnel('api.example.gov:80'), TUNNEL_NOT_LISTED],
    ['CONNECT, 443 of a host listed with 22', tunnel('git.example.gov:443'), TUNNEL_NOT_LISTED],
    ['CONNECT, 0', tunnel('www.example.org:0'), INVALID, HARMLESS],
    ['CONNECT, 99999', tunnel('www.example.org:99999'), INVALID],
    ['CONNECT, 65561, which is 25 in 16 bits', inside('www.example.org:65561', ''), INVALID],
    ['CONNECT, none, which squid treats as 443', tunnel('www.example.org'), REACHED, HARMLESS],
  ]),

  attempts(
    'Data in a lookup',
    [
      [
        'GET of an unlisted name',
        overheard(() => 'secret.example.net', get('http://secret.example.net/')),
        NOT_LISTED,
        { through: /looked up/ },
      ],
      [
        'CONNECT to an unlisted name',
        overheard(() => 'secret2.example.net', tunnel('secret2.example.net:443')),
        TUNNEL_NOT_LISTED,
        { through: /looked up/ },
      ],
      [
        'GET of an address, in its reverse zone',
        overheard(
          ({ nobody }) => reverse(nobody),
          at(
            ({ nobody }) => nobody,
            (text) => get(`http://${text}/`),
          ),
        ),
        NOT_LISTED,
      ],
    ],
    /looked up|reached/,
  ),
];
