import { isIP } from 'node:net';
import { readAudit } from '../../constructs/values/allowlist';
import { Destination } from '../../constructs/values/destination';
import { caddyFacts } from './caddy-facts';
import type { AllowlistFacts, AllowlistLine, Credentials, Variable } from './facts';
import { fingerprint } from './fingerprint';
import { Intervals } from './intervals';
import { lazily } from './maps';
import { openedBy, EVERY_PORT } from './rule-list';
import type { Unknown } from './reach';

const FOR_ALL = 'EGRESS_ALLOW';
const FOR_CLIENTS = 'EGRESS_CLIENTS';
const CREDENTIALS = 'EGRESS_CREDENTIALS';
/** Replaces the list: the one host and TCP port to which a forwarder sends every connection. */
const FORWARD = 'EGRESS_FORWARD';
const FORWARD_PORT = 'EGRESS_FORWARD_PORT';
/** The port where the proxy serves its metrics. */
const METRICS = 'EGRESS_METRICS';
/** Variables that are reported line by line; a list continues in another variable with a number. */
const TOLD = new RegExp(`^(?:(?:${FOR_ALL}|${FOR_CLIENTS}|${CREDENTIALS})(?:_[0-9]+)?|EGRESS_HOST_[A-Z0-9_]+)$`);

const SERVICE_LINE = /^\$(EGRESS_HOST_[A-Z0-9_]+)(:[^:@]+@.+)$/;

/**
 * What the environment of an application says it lets through, if the application is a proxy.
 *
 * @param anyPort whether something other than the platform determines the port that it listens on
 */
export function allowlistOf(environment: ReadonlyMap<string, Variable>, anyPort = false): AllowlistFacts | undefined {
  return forwardFacts(environment) ?? ownFacts(environment) ?? caddyFacts(environment, anyPort);
}

/**
 * The one line is parsed as the image parses it: with a list beside it, or with more than one host and port, the image
 * doesn't start.
 */
function forwardFacts(environment: ReadonlyMap<string, Variable>): AllowlistFacts | undefined {
  const value = environment.get(FORWARD);
  if (value === undefined) return undefined;
  const line = typeof value === 'string' ? readForward(value) : undefined;
  const lists = [FOR_ALL, FOR_CLIENTS, CREDENTIALS].filter((name) => (environment.get(name) ?? '') !== '');
  const ports = portsOf(environment.get(FORWARD_PORT));
  return {
    forwards: true,
    lines: line === undefined ? [] : [line],
    unknown: [
      ...(typeof value === 'string' ? [] : [{ ...value, because: `the destination can't be read: ${value.because}` }]),
      ...(line?.error === undefined ? [] : [unreadableLine(line)]),
      ...lists.map((name) => ({ token: `beside ${name}`, because: `${name} and ${FORWARD} are both set` })),
    ],
    // Without a port it doesn't start, and an unknown port may be one that no policy opens.
    ...(ports === undefined && {
      restraints: [
        {
          token: `${FORWARD_PORT} ${tokenOf(environment.get(FORWARD_PORT))}`,
          because: `${FORWARD_PORT} has no readable port`,
        },
      ],
    }),
    variables: new Set([FORWARD, FORWARD_PORT]),
    ports: ports ?? EVERY_PORT,
  };
}

/** Only lists can use a host from a variable. */
const NO_VARIABLES: ReadonlyMap<string, Variable> = new Map();

function readForward(text: string): AllowlistLine {
  const line = readLine(text, NO_VARIABLES);
  const { destination } = line;
  const one = destination?.kind === 'host' && destination.ports.length === 1 && !destination.nameCheck;
  return one && destination.end === undefined
    ? line
    : unreadable(text, 'is not a single host and port: write HOST:PORT/tcp');
}

/** Undefined if it may be any port. */
function portsOf(value: Variable | undefined): Intervals | undefined {
  if (typeof value !== 'string' || !/^[1-9][0-9]{0,4}$/.test(value)) return undefined;
  return Intervals.points(Number(value));
}

/** The list for all clients. A proxy that identifies its clients has a second list, with a client on each line. */
function ownFacts(environment: ReadonlyMap<string, Variable>): AllowlistFacts | undefined {
  if (!environment.has(FOR_ALL)) return undefined;
  const read = (text: string): AllowlistLine => readLine(text, environment);
  const metrics = portsOf(environment.get(METRICS));
  // A value that isn't a port keeps the proxy from starting, so it is reported as unreadable.
  const tells = metrics !== undefined || environment.get(METRICS) === '';
  const lists = [
    listOf(environment, FOR_ALL, read),
    listOf(environment, FOR_CLIENTS, (text) => readClientLine(text, read)),
  ];
  return {
    lines: lists.flatMap(({ lines }) => lines),
    unknown: lists.flatMap(({ unknown }) => unknown),
    // A proxy that can't read its list doesn't start. Once it can, it allows what the list already said.
    restraints: [...askedOf(environment), ...lists.flatMap(({ unknown }) => unknown)],
    ...(asks(environment) && { credentials: credentialsOf(environment) }),
    variables: new Set([...environment.keys()].filter((name) => TOLD.test(name) || (tells && name === METRICS))),
    ...(metrics !== undefined && { metrics }),
  };
}

const ASKS: Unknown = { token: CREDENTIALS, because: 'it asks for credentials and refuses clients without them' };

/** Without a text in the first variable, the proxy asks nobody for credentials. */
function asks(environment: ReadonlyMap<string, Variable>): boolean {
  const value = environment.get(CREDENTIALS) ?? '';
  return typeof value === 'string' ? value !== '' : value.filled === true;
}

/**
 * What keeps out clients without credentials, or everybody: with a credentials line that it can't parse, the proxy
 * doesn't start.
 */
function askedOf(environment: ReadonlyMap<string, Variable>): Unknown[] {
  const value = environment.get(CREDENTIALS) ?? '';
  if (asks(environment)) {
    const { lines } = listOf(environment, CREDENTIALS, readCredential);
    const wrong = lines.filter(({ error }) => error !== undefined);
    return [ASKS, ...wrong.map((line) => unreadableLine(line, 'the list of credentials'))];
  }
  if (typeof value === 'string') return [];
  const because = `it may ask for credentials: ${value.because}`;
  return [lazily(['token'], () => `may ask ${value.token}`, { because })];
}

/** `CLIENT.VERSION HASH`. Several hashes of a client are several passwords of that client. */
function credentialsOf(environment: ReadonlyMap<string, Variable>): Credentials {
  const { lines, unknown } = listOf(environment, CREDENTIALS, readCredential, 'the list of credentials');
  return { clients: new Set(lines.flatMap(({ client = [] }) => client)), unknown };
}

const CREDENTIAL =
  /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])? \$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$/;

function readCredential(text: string): AllowlistLine {
  const [, client] = CREDENTIAL.exec(text) ?? [];
  return client === undefined ? unreadable(text, 'names no client') : { text: client, client };
}

/**
 * A list continues in `_1`, `_2` and so on until an empty variable; empty lines and comments are ignored. It is parsed
 * as the proxy parses it: anything that keeps the proxy from starting makes the list unknown.
 */
function listOf(
  environment: ReadonlyMap<string, Variable>,
  first: string,
  read: (text: string) => AllowlistLine,
  list = 'the allowlist',
): Pick<AllowlistFacts, 'lines' | 'unknown'> {
  const found = [...environment.keys()].filter((name) => name.startsWith(first));
  const names = found.map((_, index) => (index === 0 ? first : `${first}_${index}`));
  const end = names.findIndex((name) => environment.get(name) === '');
  const series = end === -1 ? names : names.slice(0, end);
  const left = new RegExp(`^${first}_[1-9][0-9]*$`);
  const unknown: Unknown[] = found
    .filter((name) => !names.includes(name) && !(end !== -1 && left.test(name)))
    .map((name) => ({
      token: `gap ${name} ${tokenOf(environment.get(name))}`,
      because: `${name} leaves a gap after ${first}`,
    }));
  const lines: AllowlistLine[] = [];
  for (const name of series) {
    const value = environment.get(name) ?? '';
    if (typeof value === 'string') {
      const texts = value.split('\n').map((text) => text.trim());
      lines.push(...texts.filter((text) => text !== '' && !text.startsWith('#')).map(read));
    } else {
      unknown.push(lazily(['token'], () => value.token, { because: `${list} can't be read: ${value.because}` }));
    }
  }
  return {
    lines,
    unknown: [
      ...unknown,
      ...lines.filter(({ error }) => error !== undefined).map((line) => unreadableLine(line, list)),
    ],
  };
}

function unreadableLine({ text }: AllowlistLine, list = 'the allowlist'): Unknown {
  return { token: `line ${text}`, because: `${list} has a line that can't be read (${text})` };
}

function tokenOf(value: Variable = ''): string {
  return typeof value === 'string' ? value : value.token;
}

/** `CLIENT DESTINATION` */
function readClientLine(text: string, read: (text: string) => AllowlistLine): AllowlistLine {
  const [, client, destination] = /^([a-z0-9-]+) (.*)$/.exec(text) ?? [];
  if (client === undefined || destination === undefined)
    return unreadable(text, 'has no client: write CLIENT, a space and a destination');
  const line = read(destination);
  return line.error === undefined ? { ...line, text, client } : { ...line, client };
}

function readLine(text: string, environment: ReadonlyMap<string, Variable>): AllowlistLine {
  try {
    const audit = readAudit(text);
    if (audit !== undefined) return { text, audit };
    return text.startsWith('$') ? serviceLine(text, environment) : named(text, Destination.parse(text));
  } catch {
    return unreadable(text, 'is not a destination: write HOST:PORT');
  }
}

function named(text: string, destination: Destination): AllowlistLine {
  const { end } = destination;
  return { text, destination, ...(end !== undefined && { end }) };
}

/**
 * `$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24`: a host that a variable holds, within a range that the line itself
 * gives.
 */
function serviceLine(text: string, environment: ReadonlyMap<string, Variable>): AllowlistLine {
  const [, variable = '', rest = ''] = SERVICE_LINE.exec(text) ?? [];
  const host = environment.get(variable);
  if (host === undefined) return unreadable(text, 'names a variable that is not set');
  if (typeof host === 'string') {
    const destination = Destination.parse(`${host}${rest}`);
    return destination.kind === 'host' && destination.exceptions.length === 0
      ? named(text, destination)
      : unreadable(text, 'has more than one host');
  }
  // Any name stands for the host: the line's ports and ranges apply to each.
  const { ports, ranges, end } = Destination.parse(`any.invalid${rest}`);
  const token = `late ${text} ${host.token}`;
  const because = `${host.because}: any name within ${ranges.join(', ')} on port ${ports.join()}, as ${text} says`;
  return {
    text,
    late: { token, because, atMost: openedBy({ ports, ranges }), opens: true },
    ...(end !== undefined && { end }),
  };
}

/** Only a text made up entirely of addresses may be repeated, since the checks say what is wrong with it. */
function unreadable(text: string, why: string): AllowlistLine {
  const host = text.replace(/(?:\/[0-9]{1,3})?(?::[0-9]{1,5})?$/, '').replace(/^\[|\]$/g, '');
  const shown = [host, text].some((each) => isIP(each) !== 0) ? text : fingerprint(text);
  return { text: shown, error: `a line of the list (${shown}) ${why}` };
}
