import { Destination } from '../../constructs/values/destination';
import { holds } from '../../constructs/values/host-name';
import { registeredDomain } from '../../review/model/names';
import { HOSTS_OF_A_DOMAIN } from '../limits';
import { code, EXCEPTED, refusedIn, remedyFor, variable } from './remedy';
import type { Row } from './traffic';

/** A list that allows what was seen in audit mode, and nothing else. */
export interface Suggestion {
  /** For all clients, because the log doesn't identify them. */
  readonly all: readonly Destination[];
  /** For one client each, by name. */
  readonly clients: ReadonlyMap<string, readonly Destination[]>;
  readonly wildcards: readonly Wildcard[];
  /** What no list can fix, or shouldn't without another look. */
  readonly left: readonly Left[];
}

/** A domain that would make the list shorter, and what else it would open. */
export interface Wildcard {
  /** Undefined in the list for all clients. */
  readonly client?: string;
  readonly destination: Destination;
  readonly replaces: readonly Destination[];
  readonly opens: readonly string[];
}

export interface Left {
  readonly client: string;
  readonly host: string;
  readonly port: number;
  readonly rule: string;
  readonly because: string;
}

/** Names that a line of the proxy's environment and a key of the module's input can contain. */
const CLIENT = /^[a-z0-9](?:[a-z0-9 ._-]{0,61}[a-z0-9])?$/i;
/** The rules of audited requests that a list can allow; the second one requires an exception from the name check. */
const LISTED = ['not-listed', 'no-tls'];

export function suggest(rows: readonly Row[]): Suggestion {
  const audited = rows.filter(({ verdict }) => verdict === 'audited');
  const left: Left[] = [];
  const forAll: Destination[] = [];
  const forClients = new Map<string, Destination[]>();
  for (const row of audited) {
    const found = destinationOf(row, audited);
    if (typeof found === 'string') {
      const { client, host, port, rule } = row;
      left.push({ client, host, port, rule, because: found });
      continue;
    }
    if (!row.named) forAll.push(found);
    else forClients.set(row.client, [...(forClients.get(row.client) ?? []), found]);
  }
  const all = shortest(forAll);
  const clients = new Map(
    [...forClients]
      .map(([client, own]) => [client, shortest(own).filter((one) => !all.some((each) => each.covers(one)))] as const)
      .filter(([, own]) => own.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const closed = rows.filter(({ rule }) => rule === 'excepted').map(({ host }) => host);
  const wildcards = [
    ...wildcardsOf(all, closed),
    ...[...clients].flatMap(([client, own]) => wildcardsOf(own, closed).map((one) => ({ ...one, client }))),
  ];
  return { all, clients, wildcards, left };
}

/** The destination, or why there is none. */
function destinationOf(row: Row, audited: readonly Row[]): Destination | string {
  if (row.named && !CLIENT.test(row.client)) return 'no client can have this name';
  if (row.rule === 'excepted') return EXCEPTED;
  const nameless = row.rule === 'tls-name' && row.tls.length === 0;
  if (!LISTED.includes(row.rule) && !nameless) {
    return remedyFor(row, refusedIn(audited)).note ?? 'no list allows this';
  }
  try {
    const destination = Destination.host(row.host, row.port);
    return row.rule === 'not-listed' ? destination : destination.withoutNameCheck();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One destination for all ports of a host, so that none covers another. */
function shortest(destinations: readonly Destination[]): Destination[] {
  const unchecked = new Map<string, Set<number>>();
  const checked = new Map<string, Set<number>>();
  for (const { name, ports, nameCheck } of destinations) {
    const hosts = nameCheck ? checked : unchecked;
    hosts.set(name, new Set([...(hosts.get(name) ?? []), ...ports]));
  }
  const listed = [...checked].flatMap(([name, ports]) => {
    const rest = [...ports].filter((port) => unchecked.get(name)?.has(port) !== true);
    return rest.length === 0 ? [] : [Destination.host(name, ...rest)];
  });
  const open = [...unchecked].map(([name, ports]) => Destination.host(name, ...ports).withoutNameCheck());
  return [...listed, ...open].sort((a, b) => (a.toString() < b.toString() ? -1 : 1));
}

/** Never includes destinations without the name check: for a whole domain, that would allow anything. */
function wildcardsOf(list: readonly Destination[], closed: readonly string[]): Wildcard[] {
  const byDomain = new Map<string, Destination[]>();
  for (const destination of list.filter(({ nameCheck }) => nameCheck)) {
    const domain = registeredDomain(destination.name);
    if (domain !== undefined) byDomain.set(domain, [...(byDomain.get(domain) ?? []), destination]);
  }
  return [...byDomain.values()]
    .filter((replaces) => replaces.length >= HOSTS_OF_A_DOMAIN)
    .map((replaces) => {
      const domain = commonDomain(replaces.map(({ name }) => name));
      const ports = [...new Set(replaces.flatMap((one) => one.ports))];
      const exceptions = [...new Set(closed)].filter((name) => name !== domain && holds(`.${domain}`, name));
      const whole = Destination.domain(domain, ...ports);
      const destination = exceptions.length === 0 ? whole : whole.except(...exceptions);
      return { destination, replaces, opens: opened(destination, replaces) };
    })
    .sort((a, b) => (a.destination.toString() < b.destination.toString() ? -1 : 1));
}

function commonDomain(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split('.').reverse());
  const end = first.findIndex((label, index) => others.some((labels) => labels[index] !== label));
  return first
    .slice(0, end < 0 ? undefined : end)
    .reverse()
    .join('.');
}

function opened({ name, ports, exceptions }: Destination, replaces: readonly Destination[]): string[] {
  const asked = replaces.some((one) => one.name === name) ? '' : `${name} itself, and `;
  const but = exceptions.length === 0 ? '' : ` but ${exceptions.join(', ')}`;
  const more = replaces.flatMap((one) => {
    const others = ports.filter((port) => !one.ports.includes(port));
    return others.length === 0 ? [] : [`${one.name} on ${others.join(', ')}, which nobody asked it for`];
  });
  return [`${asked}every other name below ${name}${but}, on ${ports.join(', ')}`, ...more];
}

export const FORMS = ['typescript', 'hcl', 'json'] as const;
export type Form = (typeof FORMS)[number];

/** Increases with every change of the JSON format that isn't an addition. */
const VERSION = 1;
/** The one client of a module that doesn't distinguish them. */
const ANYBODY = 'clients';

const NONE = 'audit mode has let nothing through in this log that a list could allow';

/** What to write in a program or in the module's input to allow what was seen, or the same as JSON. */
export function printSuggestion(suggestion: Suggestion, form: Form): string {
  return { typescript, hcl, json }[form](suggestion);
}

function typescript({ all, clients, ...rest }: Suggestion): string {
  const lists = [
    ...(all.length === 0 ? [] : ['proxy.allowDestinations(', ...all.map((one) => `  ${code(one)},`), ');']),
    ...[...clients].flatMap(([client, own]) => [
      `${variable(client)}.useProxy(proxy, {`,
      ...(own.length === 1
        ? [`  allow: [${own.map(code).join('')}],`]
        : ['  allow: [', ...own.map((one) => `    ${code(one)},`), '  ],']),
      '});',
    ]),
  ];
  return text('//', lists, rest, code);
}

function hcl({ all, clients, ...rest }: Suggestion): string {
  const everybody: readonly (readonly [string, readonly Destination[]])[] = all.length === 0 ? [] : [[ANYBODY, all]];
  const lists = [...everybody, ...clients].flatMap(([client, own]) => [
    `  ${quoted(client)} = {`,
    '    allowlist = [',
    ...own.map((one) => `      ${quoted(entry(one))},`),
    '    ]',
    '  }',
  ]);
  return text('#', lists.length === 0 ? [] : ['client_configuration = {', ...lists, '}'], rest, (one) => {
    const but = one.exceptions.length === 0 ? '' : ` and denylist = [${one.exceptions.map(quoted).join(', ')}]`;
    return `${quoted(entry(one))}${but}`;
  });
}

function json({ all, clients, wildcards, left }: Suggestion): string {
  const lines = (list: readonly Destination[]): string[] => list.map(String);
  const document = {
    version: VERSION,
    kind: 'suggestion',
    all: lines(all),
    clients: Object.fromEntries([...clients].map(([client, own]) => [client, lines(own)])),
    wildcards: wildcards.map(({ client, destination, replaces, opens }) => ({
      ...(client !== undefined && { client }),
      destination: destination.toString(),
      replaces: lines(replaces),
      opens,
    })),
    left,
  };
  return JSON.stringify(document, null, 2);
}

/** The lists, with open decisions as comments. */
function text(
  comment: string,
  lists: readonly string[],
  { wildcards, left }: Pick<Suggestion, 'wildcards' | 'left'>,
  printed: (one: Destination) => string,
): string {
  const comments = [
    ...(lists.length === 0 ? [NONE] : []),
    ...(wildcards.length === 0 ? [] : ['', `Shorter but wider, for domains with ${HOSTS_OF_A_DOMAIN} hosts or more:`]),
    ...wildcards.flatMap((one) => wider(one, printed)),
    ...(left.length === 0 ? [] : ['', 'Not in the list:']),
    ...left.map(({ client, host, port, rule, because }) => `  ${client} to ${host}:${port}, ${rule}: ${because}`),
  ];
  const remarks = lists.length === 0 && comments[0] === '' ? comments.slice(1) : comments;
  return [...lists, ...remarks.map((line) => (line === '' ? '' : `${comment} ${line}`))].join('\n');
}

function wider({ client, destination, replaces, opens }: Wildcard, printed: (one: Destination) => string): string[] {
  const whose = client === undefined ? '' : ` of ${client}`;
  return [
    `  ${printed(destination)} instead of ${replaces.length} hosts${whose} would also open`,
    ...opens.map((one) => `    ${one}`),
  ];
}

/** In the module's form: its own notation for domains, and always with ports. */
function entry({ kind, name, ports, nameCheck }: Destination): string {
  return `${kind === 'domain' ? '*.' : ''}${name}:${ports.join(',')}${nameCheck ? '' : '/tcp'}`;
}

/** A string in HCL in which nothing is a template. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/([$%])\{/g, '$1$1{');
}
