/** Targets of requests, in the first line and the Host header. */
import { attempts } from './attempt';
import { NOT_LISTED, REACHED_OTHER, TUNNEL_NOT_LISTED } from './expected';
import { bytes, get, request, tunnel, type Way } from './ways';

/** The last request of a connection, with a listed host as Host and another target in the first line. */
export const targeting = (start: string, ...headers: string[]): Way =>
  bytes([`${start} HTTP/1.1`, 'Host: www.example.org', 'Connection: close', ...headers, '', ''].join('\r\n'));

export const TARGETS = attempts('Host header and target', [
  [
    'a listed host in the URL, another as Host',
    get('http://www.example.org/', 'www.example.net'),
    'reached www.example.org',
    { through: REACHED_OTHER },
  ],
  ['another in the URL, a listed host as Host', get('http://www.example.net/', 'www.example.org'), NOT_LISTED],
  [
    'CONNECT to another, a listed host as Host',
    tunnel('www.example.net:443', { host: 'www.example.org:443' }),
    TUNNEL_NOT_LISTED,
  ],
  [
    'CONNECT to a listed host, another as Host',
    tunnel('www.example.org:443', { host: 'www.example.net:443' }),
    'reached www.example.org',
    { through: REACHED_OTHER },
  ],
  ['no URL, a host that is not listed as Host', bytes(request('GET', '/', 'www.example.net')), /^400/],
  ['HTTP/1.0 without Host', bytes('GET http://www.example.net/ HTTP/1.0\r\n\r\n'), NOT_LISTED],
  ...Object.entries({
    'two, in one line': 'www.example.org, www.example.net',
    'another, in the next line': '\r\n www.example.net',
    'another, after a NUL': 'www.example.org\0www.example.net',
  }).map(
    ([what, host]) =>
      [
        `Host: ${what}`,
        get('http://www.example.org/', host),
        /^(400|reached www\.example\.org$)/,
        { through: REACHED_OTHER },
      ] as const,
  ),
  [
    'another Host after a carriage return',
    targeting('GET http://www.example.org/', 'X: 1\rHost: www.example.net'),
    /^(400|reached www\.example\.org$)/,
    { through: REACHED_OTHER },
  ],
  [
    'a listed host and another as targets',
    targeting('GET http://www.example.net/ http://www.example.org/'),
    NOT_LISTED,
  ],
  ['another, and a listed one after a space', targeting('GET http://www.example.net .example.org/'), /^40[03]/],
  ['a target without a scheme', targeting('GET www.example.net:80'), /^400/],
  ['a target of slashes', targeting('GET //www.example.net/'), /^400/],
  ['a target without slashes', targeting('GET http:www.example.net'), /^400/],
  ['`OPTIONS *`', targeting('OPTIONS *', 'Host: www.example.net'), /^(400|501)/],
  [
    'CONNECT to another, a listed one as its path',
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
    { through: REACHED_OTHER },
  ],
]);
