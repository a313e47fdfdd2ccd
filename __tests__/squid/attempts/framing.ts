/** Requests whose end different readers see at different places, and what is hidden after it. */
import { attempts } from './attempt';
import { CHECKED, REACHED, REACHED_OTHER, STAYS_OPEN, TUNNEL_NOT_LISTED } from './expected';
import { bytes, request, type Way } from './ways';

export const HIDDEN = request('GET', 'http://www.example.net/', 'www.example.net');
/** The hidden request for a site, if the proxy announces a shorter body to the site than it sends. */
const HIDDEN_FOR_SITE = request('GET', '/', 'www.example.net');
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';
/** The image's squid 6 answers 400, and a stack's older one 411. */
const UNCLEAR_LENGTH = /^4(00|11)/;
/** A request whose length can be interpreted in two ways, with another request where they differ. */
const hiding = (method: string, rest: string, ...headers: string[]): Way =>
  bytes(
    [`${method} http://www.example.org/ HTTP/1.1`, 'Host: www.example.org', ...headers, '', ''].join('\r\n') + rest,
  );

/** Chunks that not all readers interpret in the same way, followed by a request. */
const UNCLEAR_CHUNKS = {
  'with an extension whose quotes contain a line end': '5;a="\r\nhello\r\n0\r\n\r\n',
  'whose size has a sign': '+5\r\nhello\r\n0\r\n\r\n',
  'whose size begins with 0x': '0x5\r\nhello\r\n0\r\n\r\n',
  'whose size is 5 in 64 bits': '10000000000000005\r\nhello\r\n0\r\n\r\n',
  'whose size ends with a space': '5 \r\nhello\r\n0\r\n\r\n',
  'whose lines end with bare line feeds': '5\nhello\n0\n\n',
  'that are longer than they say': '5\r\nhello!!0\r\n\r\n',
};

/** Header lines about the length of a body, which the proxy reads as chunks or not at all. */
const UNCLEAR_CODINGS: Readonly<Record<string, string>> = {
  'chunks, twice': `${CHUNKED}\r\n${CHUNKED}`,
  'chunks, and another coding after them': 'Transfer-Encoding: chunked, identity',
  'chunks, in quotes': 'Transfer-Encoding: "chunked"',
  'chunks, with a parameter': 'Transfer-Encoding: chunked;q=1',
  'no coding at all, and a length': 'Transfer-Encoding:\r\nContent-Length: 5',
};

export const FRAMING = attempts('Another request hidden in the first', [
  [
    'both a length and chunks',
    hiding('POST', `0\r\n\r\n${HIDDEN}`, 'Content-Length: 4', 'Transfer-Encoding: chunked'),
    CHECKED,
    { through: REACHED_OTHER },
  ],
  [
    'two lengths',
    hiding('POST', HIDDEN, 'Content-Length: 0', `Content-Length: ${HIDDEN.length}`),
    UNCLEAR_LENGTH,
    { through: REACHED_OTHER },
  ],
  [
    'chunks by another name',
    hiding('POST', `0\r\n\r\n${HIDDEN}`, 'Transfer-Encoding: xchunked'),
    /^501/,
    { through: REACHED_OTHER },
  ],
  [
    'a space before the colon',
    hiding('POST', `0\r\n\r\n${HIDDEN}`, 'Transfer-Encoding : chunked'),
    /^400/,
    { through: REACHED_OTHER },
  ],
  ['a signed length', hiding('POST', HIDDEN, 'Content-Length: +0'), UNCLEAR_LENGTH, { through: REACHED_OTHER }],
  [
    'a length in hexadecimal',
    hiding('POST', HIDDEN, 'Content-Length: 0x0'),
    UNCLEAR_LENGTH,
    { through: REACHED_OTHER },
  ],
  ['the body of a GET', hiding('GET', HIDDEN, 'Content-Length: 0'), CHECKED, { through: REACHED_OTHER }],
  [
    'chunks with an extension over two lines',
    hiding('POST', `0;a\n\r\n\r\n${HIDDEN}`, 'Transfer-Encoding: chunked'),
    'cut',
    { through: REACHED_OTHER },
  ],
  [
    'bare line feeds',
    bytes(`GET http://www.example.org/ HTTP/1.1\nHost: www.example.org\n\n${HIDDEN}`),
    CHECKED,
    { through: REACHED_OTHER },
  ],
  ['one after the other on one connection', hiding('GET', HIDDEN), CHECKED, { through: REACHED_OTHER }],
  ...Object.entries(UNCLEAR_CHUNKS).map(
    ([what, text]) =>
      [`chunks ${what}`, hiding('POST', text + HIDDEN, CHUNKED), 'cut', { through: REACHED_OTHER }] as const,
  ),
  ...Object.entries(UNCLEAR_CODINGS).map(
    ([what, lines]) =>
      [what, hiding('POST', `0\r\n\r\n${HIDDEN}`, lines), /^(400|501)/, { through: REACHED_OTHER }] as const,
  ),
  [
    'chunks, in a header line that continues on the next',
    hiding('POST', `0\r\n\r\n${HIDDEN}`, 'Transfer-Encoding:\r\n chunked'),
    /^(400|reached www\.example\.org, 403 ERR_NOT_LISTED$)/,
    { through: REACHED_OTHER },
  ],
  [
    'a length after the chunks',
    hiding('POST', `5\r\nhello\r\n0\r\nContent-Length: 90\r\n\r\n${HIDDEN}`, CHUNKED),
    CHECKED,
    { through: REACHED_OTHER },
  ],
  [
    'a length that is only for the proxy, by Connection',
    hiding('POST', HIDDEN_FOR_SITE, 'Connection: close, Content-Length', `Content-Length: ${HIDDEN_FOR_SITE.length}`),
    REACHED,
    { through: REACHED_OTHER },
  ],
  [
    'chunks that are only for the proxy, by Connection',
    hiding('POST', chunk(HIDDEN_FOR_SITE), 'Connection: close, Transfer-Encoding', CHUNKED),
    REACHED,
    { through: REACHED_OTHER },
  ],
  [
    'a Host that is only for the proxy, by Connection',
    hiding('GET', '', 'Connection: close, Host', 'X-Host: www.example.net'),
    REACHED,
    { through: REACHED_OTHER },
  ],
  [
    'instead of a body that waits for 100',
    hiding('POST', HIDDEN, 'Connection: close', 'Expect: 100-continue', `Content-Length: ${HIDDEN.length}`),
    `100, ${REACHED}`,
    { through: REACHED_OTHER },
  ],
  [
    'between two that are allowed',
    hiding('GET', HIDDEN + request('GET', 'http://www.example.org/')),
    CHECKED,
    { through: REACHED_OTHER },
  ],
  [
    'as the body of a CONNECT that is refused',
    bytes(`CONNECT www.example.net:443 HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`),
    TUNNEL_NOT_LISTED,
  ],
  [
    'as the body of a CONNECT',
    bytes(`CONNECT www.example.org:443 HTTP/1.1\r\nHost: a\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`),
    /^200$/,
    STAYS_OPEN,
  ],
  [
    'in the packet of a CONNECT, after a request',
    hiding('GET', `CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\n${HIDDEN}`),
    `${REACHED}, 200`,
    { through: REACHED_OTHER, ...STAYS_OPEN },
  ],
  [
    'in the packet of a CONNECT',
    bytes(`CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\n${HIDDEN}`),
    /^200$/,
    STAYS_OPEN,
  ],
]);
