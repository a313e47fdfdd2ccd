/** How a client writes its requests: their targets, and where they end. */
import { attempts, CHECKED, NOT_LISTED, REACHED, REACHED_OTHER, STAYS_OPEN, TUNNEL_NOT_LISTED } from './attempt';
import { bytes, get, request, tunnel, type Way } from './ways';

/** The last request of a connection, with a listed host as Host and another target in the first line. */
export const targeting = (start: string, ...headers: string[]): Way =>
  bytes([`${start} HTTP/1.1`, 'Host: www.example.org', 'Connection: close', ...headers, '', ''].join('\r\n'));

const EITHER = /^(400|reached www\.example\.org$)/;
const OTHER = { through: REACHED_OTHER } as const;

export const TARGETS = attempts('Host header and target', [
  ['a listed URL, an unlisted Host', get('http://www.example.org/', 'www.example.net'), REACHED, OTHER],
  ['an unlisted URL, a listed Host', get('http://www.example.net/', 'www.example.org'), NOT_LISTED],
  [
    'CONNECT to an unlisted host, a listed Host',
    tunnel('www.example.net:443', { host: 'www.example.org:443' }),
    TUNNEL_NOT_LISTED,
  ],
  [
    'CONNECT to a listed host, an unlisted Host',
    tunnel('www.example.org:443', { host: 'www.example.net:443' }),
    REACHED,
    OTHER,
  ],
  ['no URL, an unlisted Host', bytes(request('GET', '/', 'www.example.net')), /^400/],
  ['HTTP/1.0 without Host', bytes('GET http://www.example.net/ HTTP/1.0\r\n\r\n'), NOT_LISTED],
  ...Object.entries({
    'two hosts in one Host': 'www.example.org, www.example.net',
    'a Host that continues on the next line': '\r\n www.example.net',
    'a Host with NUL': 'www.example.org\0www.example.net',
  }).map(([what, host]) => [what, get('http://www.example.org/', host), EITHER, OTHER] as const),
  [
    'another Host after a carriage return',
    targeting('GET http://www.example.org/', 'X: 1\rHost: www.example.net'),
    EITHER,
    OTHER,
  ],
  ['an unlisted and a listed target', targeting('GET http://www.example.net/ http://www.example.org/'), NOT_LISTED],
  ['a target with a space before a listed name', targeting('GET http://www.example.net .example.org/'), /^40[03]/],
  ['a target without a scheme', targeting('GET www.example.net:80'), /^400/],
  ['a target of slashes', targeting('GET //www.example.net/'), /^400/, OTHER],
  ['a target without slashes', targeting('GET http:www.example.net'), /^400/],
  ['`OPTIONS *`', targeting('OPTIONS *', 'Host: www.example.net'), /^(400|501)/, OTHER],
  [
    'CONNECT with a path',
    tunnel('www.example.net:443/www.example.org:443', { servername: 'www.example.org' }),
    TUNNEL_NOT_LISTED,
  ],
  [
    'CONNECT with a scheme',
    tunnel('http://www.example.net:443/', { servername: 'www.example.net' }),
    /^4(00|07 ERR_NOT_LISTED)/,
  ],
  [
    'two Host headers',
    bytes(request('GET', 'http://www.example.org/', 'www.example.org', 'Host: www.example.net')),
    /reached www\.example\.org|400/,
    OTHER,
  ],
]);

export const HIDDEN = request('GET', 'http://www.example.net/', 'www.example.net');
/** The hidden request for a site, if the proxy announces a shorter body to the site than it sends. */
const HIDDEN_FOR_SITE = request('GET', '/', 'www.example.net');
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';
/** Chunks end here, and the hidden request begins. */
const NO_CHUNKS = `0\r\n\r\n${HIDDEN}`;
/** The image's squid 6 answers 400, and a stack's older one 411. */
const UNCLEAR_LENGTH = /^4(00|11)/;
/** A request whose length can be interpreted in two ways, with another request where they differ. */
const hiding = (method: string, rest: string, ...headers: string[]): Way =>
  bytes(
    [`${method} http://www.example.org/ HTTP/1.1`, 'Host: www.example.org', ...headers, '', ''].join('\r\n') + rest,
  );

/** Chunks that not all readers interpret in the same way, followed by a request. */
const UNCLEAR_CHUNKS = {
  'with a line end in quotes': '5;a="\r\nhello\r\n0\r\n\r\n',
  'whose size has a sign': '+5\r\nhello\r\n0\r\n\r\n',
  'whose size begins with 0x': '0x5\r\nhello\r\n0\r\n\r\n',
  'whose size is 5 in 64 bits': '10000000000000005\r\nhello\r\n0\r\n\r\n',
  'whose size ends with a space': '5 \r\nhello\r\n0\r\n\r\n',
  'with bare line feeds': '5\nhello\n0\n\n',
  'longer than their size': '5\r\nhello!!0\r\n\r\n',
};

/** Header lines about the length of a body, which the proxy reads as chunks or not at all. */
const UNCLEAR_CODINGS: Readonly<Record<string, string>> = {
  'chunked, twice': `${CHUNKED}\r\n${CHUNKED}`,
  'chunked, then another coding': 'Transfer-Encoding: chunked, identity',
  'chunked, in quotes': 'Transfer-Encoding: "chunked"',
  'chunked, with a parameter': 'Transfer-Encoding: chunked;q=1',
  'an empty coding, and a length': 'Transfer-Encoding:\r\nContent-Length: 5',
};

export const FRAMING = attempts(
  'Another request hidden in the first',
  [
    ['a length and chunks', hiding('POST', NO_CHUNKS, 'Content-Length: 4', CHUNKED), CHECKED],
    ['two lengths', hiding('POST', HIDDEN, 'Content-Length: 0', `Content-Length: ${HIDDEN.length}`), UNCLEAR_LENGTH],
    ['an unknown coding', hiding('POST', NO_CHUNKS, 'Transfer-Encoding: xchunked'), /^501/],
    ['a space before the colon', hiding('POST', NO_CHUNKS, 'Transfer-Encoding : chunked'), /^400/],
    ['a length with a sign', hiding('POST', HIDDEN, 'Content-Length: +0'), UNCLEAR_LENGTH],
    ['a length in hexadecimal', hiding('POST', HIDDEN, 'Content-Length: 0x0'), UNCLEAR_LENGTH],
    ['the body of a GET', hiding('GET', HIDDEN, 'Content-Length: 0'), CHECKED],
    ['chunks, an extension over two lines', hiding('POST', `0;a\n\r\n\r\n${HIDDEN}`, CHUNKED), 'cut'],
    ['bare line feeds', bytes(`GET http://www.example.org/ HTTP/1.1\nHost: www.example.org\n\n${HIDDEN}`), CHECKED],
    ['the second request of a connection', hiding('GET', HIDDEN), CHECKED],
    ...Object.entries(UNCLEAR_CHUNKS).map(
      ([what, text]) => [`chunks ${what}`, hiding('POST', text + HIDDEN, CHUNKED), 'cut'] as const,
    ),
    ...Object.entries(UNCLEAR_CODINGS).map(
      ([what, lines]) => [what, hiding('POST', NO_CHUNKS, lines), /^(400|501)/] as const,
    ),
    [
      'chunked, on the next line',
      hiding('POST', NO_CHUNKS, 'Transfer-Encoding:\r\n chunked'),
      /^(400|reached www\.example\.org, 403 ERR_NOT_LISTED$)/,
    ],
    [
      'a length after the chunks',
      hiding('POST', `5\r\nhello\r\n0\r\nContent-Length: 90\r\n\r\n${HIDDEN}`, CHUNKED),
      CHECKED,
    ],
    [
      'a length that Connection drops',
      hiding('POST', HIDDEN_FOR_SITE, 'Connection: close, Content-Length', `Content-Length: ${HIDDEN_FOR_SITE.length}`),
      REACHED,
    ],
    [
      'chunks that Connection drops',
      hiding('POST', chunk(HIDDEN_FOR_SITE), 'Connection: close, Transfer-Encoding', CHUNKED),
      REACHED,
    ],
    ['a Host that Connection drops', hiding('GET', '', 'Connection: close, Host', 'X-Host: www.example.net'), REACHED],
    [
      'in place of a body that waits for 100',
      hiding('POST', HIDDEN, 'Connection: close', 'Expect: 100-continue', `Content-Length: ${HIDDEN.length}`),
      `100, ${REACHED}`,
    ],
    ['between two allowed ones', hiding('GET', HIDDEN + request('GET', 'http://www.example.org/')), CHECKED],
    [
      'the body of a refused CONNECT',
      bytes(`CONNECT www.example.net:443 HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`),
      TUNNEL_NOT_LISTED,
      { through: /reached/ },
    ],
    [
      'the body of a CONNECT',
      bytes(`CONNECT www.example.org:443 HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`),
      /^200$/,
      { through: /reached/, ...STAYS_OPEN },
    ],
    [
      'in the packet of a second CONNECT',
      hiding('GET', `CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\n${HIDDEN}`),
      `${REACHED}, 200`,
      STAYS_OPEN,
    ],
    [
      'in the packet of a CONNECT',
      bytes(`CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\n${HIDDEN}`),
      /^200$/,
      { through: /reached/, ...STAYS_OPEN },
    ],
  ],
  REACHED_OTHER,
);
