import { as, credentials, type User } from '../client';
import { randomGreeting } from '../client-hello';

/** Pseudorandom numbers, which are the same for the same seed. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A number from 0 up to the bound, exclusive. */
  below(bound: number): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  /** True once in this many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  of<T>(...values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  times<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }
}

/** What one connection does, one step after another. */
export type Step =
  { readonly send: Buffer } | { readonly wait: number } | { readonly hear: number } | { readonly end: 'FIN' | 'RST' };

/** Listed names for tunnels and requests. `other` is also listed, but is used only inside tunnels to another host. */
export const TARGETS = ['a.example.org', 'b.example.org', 'www.example.org'] as const;
export const OTHER = 'other.example.org';
const UNLISTED = [
  'www.example.net',
  'example.com',
  'localhost',
  '127.0.0.1',
  '169.254.169.254',
  'egress',
  '[::1]',
] as const;
export const INSIDE = ['private.example.org', 'metadata.example.org', 'missing.example.org'] as const;

/** Requested only with wrong passwords, for a user who is active. */
export const GUESSED = 'guessed.example.org';

const USERS: readonly [User, ...User[]] = ['web.1', 'batch.1'];
const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PURGE',
  'NONE',
  'get',
  'X',
] as const;
const SCHEMES = ['http', 'https', 'ftp', 'urn', 'authority_form', 'cache_object', 'coap', 'HTTP'] as const;
export const TAMPERED = [' ', '\n', '\r\n', '\0', '"', '\\', '%', '%00', '\t', '\x1b[31m', '{"', 'ä'] as const;

const hostOf = (chance: Chance): string => {
  const host = chance.once(2) ? chance.of(...TARGETS) : chance.of(...UNLISTED, ...INSIDE);
  if (chance.once(8)) return host.toUpperCase();
  if (chance.once(8)) return `${host}.`;
  if (chance.once(12)) return `${host}${chance.of(...TAMPERED)}.example.org`;
  return host;
};

const portOf = (chance: Chance): string =>
  chance.of('', ':80', ':443', ':22', ':0', ':65616', ':+443', ':8443', `:${chance.below(70_000)}`);

/** Correct credentials, wrong ones, another client's, or none. */
function authorization(chance: Chance): string[] {
  const user = chance.of(...USERS);
  const right = String(as(user)['proxy-authorization']);
  const value = chance.of(
    right,
    right,
    right,
    String(credentials(user, `guess ${chance.below(1000)}`)['proxy-authorization']),
    String(credentials(chance.bytes(chance.below(300)).toString('latin1'), 'x')['proxy-authorization']),
    `Basic ${chance.bytes(chance.below(60)).toString('base64').slice(chance.below(4))}`,
    `${right} ${right}`,
    'Basic',
    '',
  );
  return chance.once(5)
    ? []
    : [`Proxy-Authorization: ${value}`, ...(chance.once(20) ? [`Proxy-Authorization: ${right}`] : [])];
}

function head(start: string, host: string, chance: Chance, more: readonly string[] = []): Buffer {
  const lines = [
    `Host: ${chance.once(6) ? hostOf(chance) : host}`,
    ...authorization(chance),
    ...more,
    ...chance.times(3, () =>
      chance.of(
        'Via: 1.1 egress (squid)',
        'X-Forwarded-For: 10.0.0.1',
        'Connection: close',
        'Connection: keep-alive',
        'Expect: 100-continue',
        'Cache-Control: only-if-cached',
        'Max-Forwards: 0',
        `X: ${chance
          .bytes(chance.below(50))
          .toString('latin1')
          .replace(/[\r\n]/g, '')}`,
        `X: ${'x'.repeat(chance.below(20_000))}`,
      ),
    ),
  ];
  const end = chance.once(10) ? '\n' : '\r\n';
  return Buffer.from(`${start} HTTP/1.${chance.of(1, 1, 1, 0)}${end}${lines.join(end)}${end}${end}`, 'latin1');
}

function request(chance: Chance): Buffer {
  const host = hostOf(chance);
  const scheme = chance.once(4) ? chance.of(...SCHEMES) : 'http';
  const user = chance.once(10) ? `${chance.of(...TARGETS)}@` : '';
  const method = chance.of(...METHODS);
  const body = chance.bytes(chance.below(200));
  const length = chance.of(
    [],
    [`Content-Length: ${body.length}`],
    [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked'],
    [`Content-Length: ${chance.below(1_000_000)}`],
  );
  const url = `${scheme}://${user}${host}${portOf(chance)}/${chance.below(1000)}`;
  return Buffer.concat([head(`${method} ${url}`, host, chance, length), length.length > 0 ? body : Buffer.alloc(0)]);
}

function tunnel(chance: Chance): Step[] {
  const host = chance.once(4) ? hostOf(chance) : chance.of(...TARGETS);
  const port = chance.once(4) ? portOf(chance) : ':443';
  const name = chance.of(
    host,
    host,
    OTHER,
    chance.of(...UNLISTED),
    `${host}${chance.of(...TAMPERED)}${host}`,
    `${host} ${host}`,
    host.toUpperCase(),
    'x'.repeat(chance.below(12_000)),
    '',
  );
  const names = [name, ...(chance.once(15) ? [OTHER] : [])].map((text) => Buffer.from(text, 'latin1'));
  const inside = chance.once(6)
    ? chance.of(request(chance), Buffer.from('SSH-2.0-x\r\n'), chance.bytes(300))
    : randomGreeting(chance.once(10) ? [] : names, chance);
  const asked = { send: head(`CONNECT ${host}${port}`, `${host}${port}`, chance) };
  return [
    asked,
    ...(chance.once(4) ? [] : [{ hear: 1500 }]),
    { send: inside },
    ...chance.times(2, () => ({ send: chance.bytes(chance.below(2000)) })),
    { hear: chance.below(300) },
  ];
}

/** A guess, while the same user's correct password could be being checked. */
const guess = (chance: Chance): Step[] => {
  const { 'proxy-authorization': wrong } = credentials('web.2', `guess ${chance.below(2 ** 30)}`);
  const lines = [`Host: ${GUESSED}`, `Proxy-Authorization: ${String(wrong)}`, '', ''];
  return [{ send: Buffer.from([`GET http://${GUESSED}/ HTTP/1.1`, ...lines].join('\r\n')) }, { hear: 300 }];
};

/** Splits the bytes of a step into a random number of pieces, with pauses between them. */
function split(step: Step, chance: Chance): Step[] {
  if (!('send' in step) || step.send.length < 2 || !chance.once(3)) return [step];
  const at = 1 + chance.below(step.send.length - 1);
  return [
    { send: step.send.subarray(0, at) },
    { wait: chance.below(40) },
    ...split({ send: step.send.subarray(at) }, chance),
  ];
}

export function scriptOf(chance: Chance): readonly Step[] {
  if (chance.once(10)) return [...guess(chance), ...guess(chance), { end: 'FIN' }];
  const steps = Array.from({ length: 1 + chance.below(4) }, (): Step[] =>
    chance.once(2)
      ? tunnel(chance)
      : [{ send: request(chance) }, ...(chance.once(3) ? [] : [{ hear: chance.below(300) }])],
  );
  const end: Step[] = chance.once(2)
    ? [{ hear: chance.below(500) }, { end: chance.of('FIN', 'RST') }]
    : [{ end: chance.of('FIN', 'RST') }];
  return [...steps.flat().flatMap((step) => split(step, chance)), ...end];
}
