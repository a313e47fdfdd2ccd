import type { Destination } from '../../constructs/values/destination';
import { HOSTS_OF_A_DOMAIN } from '../limits';
import { code, variable } from './remedy';
import type { Suggestion, Wildcard } from './suggestion';

export const FORMS = ['typescript', 'hcl', 'json'] as const;
export type Form = (typeof FORMS)[number];

/** Grows with every change of the JSON's form that is not an addition. */
const VERSION = 1;
/** The one client of a module that does not tell them apart. */
const ANYBODY = 'clients';

const NONE = 'audit mode has let nothing through in this log that a list could allow';

/** What the program, the module's input or another program says to allow what was seen. */
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

/** The lists, and as comments what is to be decided about them. */
function text(
  comment: string,
  lists: readonly string[],
  { wildcards, left }: Pick<Suggestion, 'wildcards' | 'left'>,
  printed: (one: Destination) => string,
): string {
  const comments = [
    ...(lists.length === 0 ? [NONE] : []),
    ...(wildcards.length === 0
      ? []
      : ['', `Shorter and wider, where ${HOSTS_OF_A_DOMAIN} hosts or more are of one domain:`]),
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
    `  ${printed(destination)} in place of ${replaces.length} hosts${whose} would also open`,
    ...opens.map((one) => `    ${one}`),
  ];
}

/** As the module takes it: its own form of a domain, and the ports always, whatever the client's are. */
function entry({ kind, name, ports, nameCheck }: Destination): string {
  return `${kind === 'domain' ? '*.' : ''}${name}:${ports.join(',')}${nameCheck ? '' : '/tcp'}`;
}

/** A string of HCL, in which nothing is a template. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/([$%])\{/g, '$1$1{');
}
