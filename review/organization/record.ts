import { allowlistOf } from '../model/allowlist-facts';
import type { Variable } from '../model/facts';
import { fingerprint, sha256 } from '../model/fingerprint';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';
import type { RecordedResource } from './document';

/** The attributes of each type that decide who reaches what. Types that aren't listed don't matter. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_org: ['id', 'name'],
  cloudfoundry_space: ['id', 'name', 'org', 'allow_ssh'],
  cloudfoundry_security_group: [
    'id',
    'name',
    'rules',
    'globally_enabled_running',
    'globally_enabled_staging',
    'running_spaces',
    'staging_spaces',
  ],
  cloudfoundry_app: ['id', 'name', 'org_name', 'space_name', 'docker_image', 'buildpacks', 'environment', 'enable_ssh'],
  cloudfoundry_network_policy: ['policies'],
  cloudfoundry_domain: ['id', 'name', 'internal'],
  cloudfoundry_route: ['id', 'host', 'path', 'url', 'domain', 'destinations'],
};

/**
 * Keeps text that was read as part of a list. Anything that got there by mistake, such as a password, becomes a
 * fingerprint.
 */
type Keep = (text: string, readable: ReadonlySet<string>, wrong: ReadonlySet<string>) => string;

const lines: Keep = (text, readable) =>
  text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('#'))
    .map((each) => (readable.has(each) ? each : fingerprint(each)))
    .join('\n');
const words: Keep = (text, _, wrong) =>
  text
    .split(/ |\r?\n/)
    .map((each) => (wrong.has(fingerprint(each)) ? fingerprint(each).replaceAll(' ', '_') : each))
    .join(' ');
const word: Keep = (text) => (/^[a-z0-9. -]*$/i.test(text) ? text : fingerprint(text));

/** Lists of this project's proxy, and GSA-TTS's in its three variables. */
const LISTS: readonly (readonly [RegExp, Keep])[] = [
  [/^EGRESS_(?:(?:ALLOW|CLIENTS)(?:_[0-9]+)?|FORWARD)$/, lines],
  [/^EGRESS_(?:HOST_[A-Z0-9_]+|FORWARD_PORT)$/, word],
  [/^PROXY_(?:ALLOW|DENY)$/, words],
  [/^PROXY_PORTS$/, word],
];
const CADDYFILE = 'CONFIG_CONTENT';
const CREDENTIALS = 'EGRESS_CREDENTIALS';

/**
 * What a later run compares with: everything that decides who reaches what, and no variable that may contain a secret.
 * Only Caddyfiles can't be kept as they are, because they contain passwords: a later run can only tell whether they are
 * the same.
 */
export function recordOf(resources: readonly Resource[]): RecordedResource[] {
  return resources.flatMap(({ type, address, managed, values }) => {
    const kept = KEPT[type];
    if (kept === undefined) return [];
    const entries = kept.flatMap((name): [string, unknown][] => {
      const value = name === 'environment' ? variablesOf(values[name]) : values[name];
      return value === undefined ? [] : [[name, toJson(value)]];
    });
    return [{ type, address, managed, values: Object.fromEntries(entries) }];
  });
}

/** The resources again, to build a model from. */
export function resourcesOf(record: readonly RecordedResource[]): Resource[] {
  return record.map(({ type, address, managed, values }) => ({
    stack: 'live',
    type,
    address,
    managed,
    values: fromJson(values) as Resource['values'],
  }));
}

function variablesOf(value: Value | undefined): Value | undefined {
  if (!isObject(value)) return value;
  const entries = Object.entries(value);
  const environment = new Map<string, Variable>(
    entries.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  );
  const facts = allowlistOf(environment, true);
  const caddyfile = environment.get(CADDYFILE);
  if (facts !== undefined && typeof caddyfile === 'string' && caddyfile.includes('forward_proxy')) {
    const { lines: own, lists, unknown, restraints = [], ports } = facts;
    const said = [own, lists, unknown.map(({ token }) => token), restraints.map(({ token }) => token), ports];
    return new Unresolved(
      `caddyfile ${sha256(JSON.stringify(said))}`,
      'its Caddyfile is not kept, because it contains passwords',
    );
  }
  const wrong = new Set((facts?.lines ?? []).flatMap(({ text, error }) => (error === undefined ? [] : [text])));
  const readable = new Set((facts?.lines ?? []).flatMap(({ text, error }) => (error === undefined ? [text] : [])));
  return Object.fromEntries(
    entries.flatMap(([name, text]): [string, Value][] => {
      if (typeof text !== 'string') return [];
      // The text itself gives nobody access. Only whether there is one matters, because it keeps out clients without
      // credentials.
      if (name === CREDENTIALS) return [[name, text === '' ? '' : '# set']];
      const keep = LISTS.find(([pattern]) => pattern.test(name))?.[1];
      return keep === undefined ? [] : [[name, keep(text, readable, wrong)]];
    }),
  );
}

interface Unread {
  readonly unread: string;
  readonly token: string;
}

function toJson(value: Value): unknown {
  if (value instanceof Unresolved) return { unread: value.because, token: value.token } satisfies Unread;
  if (Array.isArray(value)) return value.map((each: Value) => toJson(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]));
}

function fromJson(value: unknown): Value {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value as Value;
  if (isUnread(value)) return new Unresolved(value.token, value.unread);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fromJson(inner)]));
}

/** Only such values have exactly these two members. */
function isUnread(value: object): value is Unread {
  return Object.keys(value).sort().join() === 'token,unread';
}
