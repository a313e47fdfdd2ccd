import { dayOf } from '../../constructs/values/day';
import { difference } from '../difference/difference';
import { allowlistOf } from '../model/allowlist-facts';
import type { Variable } from '../model/facts';
import { fingerprint, sha256 } from '../model/fingerprint';
import { Model } from '../model/model';
import { describe } from './describe';
import {
  VERSION,
  type Baseline,
  type OrganizationAudit,
  type Outcome,
  type ChangedRow,
  type RecordedResource,
} from './document';
import { observationsOf } from './observations';
import type { Reading } from './read';
import { plain } from '../phrase';
import { InputError } from '../readers/input';
import { block } from '../readers/json';
import { factsOf } from '../readers/resources';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';
import { clauseOf, rowsByVerdict, type Row } from '../report/report';

/** What a reading says. This is pure and makes no requests. */
export function auditOf(
  reading: Reading,
  at: Date,
  last?: Pick<OrganizationAudit, 'organization' | 'at' | 'record'>,
): OrganizationAudit {
  const { organization, account, resources, unseen } = reading;
  const facts = factsOf(resources);
  const model = new Model(facts, dayOf(at));
  const described = describe(model, facts, reading);
  const run = { organization, at: at.toISOString(), record: recordOf(resources) };
  const baseline = last === undefined ? undefined : compare(last, run, dayOf(at));
  return {
    version: VERSION,
    kind: 'organization',
    organization,
    ...(account !== undefined && { account }),
    at: run.at,
    ...outcomeOf(baseline, unseen.length > 0),
    ...described,
    observations: observationsOf(model, described),
    unseen,
    ...(baseline !== undefined && { baseline }),
    record: run.record,
  };
}

/** If something has opened, that is the outcome, whatever else couldn't be seen. */
function outcomeOf(baseline: Baseline | undefined, blind: boolean): { readonly outcome?: Outcome } {
  if ((baseline?.opens.length ?? 0) > 0) return { outcome: 'not as expected' };
  if (blind || (baseline?.unknown.length ?? 0) > 0) return { outcome: 'inconclusive' };
  return baseline === undefined ? {} : { outcome: 'as expected' };
}

type Run = Pick<OrganizationAudit, 'organization' | 'at' | 'record'>;

/** What has changed. Both runs are taken as recorded, so that something that no record keeps isn't a change. */
export function compare(before: Run, after: Run, today: string): Baseline {
  const [had, has] = [before, after].map(({ record }) => new Model(factsOf(resourcesOf(record)), today)) as [
    Model,
    Model,
  ];
  const changed = rowsByVerdict(difference(had, has), had, has);
  const rows = (verdict: Row['verdict']): ChangedRow[] =>
    changed[verdict].map((row) => ({
      way: row.way,
      who: row.who,
      what: plain(row.what),
      ...(row.via !== undefined && { via: row.via }),
      ...(row.note !== undefined && { note: plain(row.note) }),
      says: plain(clauseOf(row)),
    }));
  return { at: before.at, opens: rows('opens'), closes: rows('closes'), unknown: rows('unknown') };
}

/** @throws if the document is not the output of `audit --org --json` for this organization */
export function readBaseline(document: unknown, organization: string): Run {
  const { version, kind, organization: of, at, record } = (document ?? {}) as Partial<OrganizationAudit>;
  if (kind !== 'organization' || typeof at !== 'string' || !Array.isArray(record)) {
    throw new InputError('is not what space-egress audit --org ORG --json writes: give the JSON of an earlier run');
  }
  if (version !== VERSION) {
    throw new InputError(
      `has version ${String(version)}, but this command reads ${VERSION}: create a new baseline with it`,
    );
  }
  if (of !== organization) {
    throw new InputError(
      `is for organization '${String(of)}', not '${organization}': give a baseline of this organization`,
    );
  }
  if (!isTime(at) || !record.every(isResource)) {
    throw new InputError('was changed after it was written, or cut off: give the JSON as audit wrote it');
  }
  return { organization: of, at, record };
}

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

const isResource = (one: unknown): boolean => {
  const { type, address, values } = block(one);
  return typeof type === 'string' && typeof address === 'string' && typeof values === 'object' && values !== null;
};

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
function resourcesOf(record: readonly RecordedResource[]): Resource[] {
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
