import type { Destination } from '../../constructs/values/destination';
import { HOSTS_OF_A_DOMAIN } from '../limits';
import { code, variable } from './remedy';
import type { Suggestion, Wildcard } from './suggestion';

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
