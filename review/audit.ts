import { difference } from './difference/difference';
import { lastPart, type Facts, type SecurityGroup } from './model/facts';
import { factsOf } from './readers/resources';
import { Model } from './model/model';
import { readPlatform, type Platform } from './readers/live';
import { plain } from './phrase';
import { line } from './report/escape';
import { clauseOf, rowsByVerdict, type Row } from './report/report';

export interface Audit {
  /** Open on the platform, but not in the code. */
  readonly extra: readonly Row[];
  /** Opened by the code, but not on the platform. */
  readonly missing: readonly Row[];
  /** What couldn't be compared. */
  readonly unknown: readonly Row[];
  /** Groups that the foundation binds to every space, which no change caused. */
  readonly global: readonly string[];
  readonly spaces: readonly string[];
}

/**
 * Compares the code with the platform, in the spaces of the code. A plan doesn't show network policies and security
 * groups that somebody created by hand, because the provider reads back only what is in the state.
 */
export async function audit(code: Facts, platform: Platform): Promise<Audit> {
  const spaces = [...new Model(code).spaces.keys()];
  const live = factsOf(await readPlatform(platform, spaces));
  const [said, seen] = [new Model(comparable(code, live)), new Model(comparable(live, live, code))];
  const { opens: extra, closes: missing, unknown } = rowsByVerdict(difference(said, seen), said, seen);
  return {
    extra,
    missing,
    unknown,
    global: live.groups.filter(({ global }) => global.running === 'yes').map(({ name }) => name),
    spaces,
  };
}

/** Whether a domain is internal is looked up during the apply, so the code alone doesn't know it for its routes. */
function withDomains(code: Facts['routes'], live: Facts['routes']): Facts['routes'] {
  const known = new Map(live.map(({ url, internal }) => [url, internal]));
  return code.map((route) =>
    route.internal === 'unknown' ? { ...route, internal: known.get(route.url) ?? route.internal } : route,
  );
}

/**
 * Makes both sides comparable, because the code knows most groups only by name: rules are compared for the groups that
 * the code creates. Groups that are bound to every space are left out of both, and every space counts as known, because
 * it has been read.
 */
function comparable(facts: Facts, live: Facts, code: Facts = facts): Facts {
  const made = new Set(code.groups.filter(({ owned }) => owned).map(({ name }) => name));
  const own = (group: SecurityGroup): boolean => made.has(group.name);
  const groups = [...live.groups.filter((group) => !own(group)), ...facts.groups.filter(own)];
  const spaces = new Set(new Model(code).spaces.keys());
  const claims = facts.spaces.flatMap(({ id, claim = [], origin }) =>
    claim.map((group) => ({ group, space: id, stage: 'running' as const, origin: origin ?? NOWHERE })),
  );
  return {
    ...facts,
    groups: groups.map((group) => ({ ...group, global: own(group) ? group.global : { running: 'no', staging: 'no' } })),
    spaces: [...spaces].map((id) => ({ id, name: lastPart(id), owned: true })),
    routes: withDomains(facts.routes, live.routes),
    bindings: [...facts.bindings, ...claims].filter(({ space }) => spaces.has(space)),
    // Roles, log drains and route services aren't read from the platform.
    grants: [],
    // The platform isn't asked which image or files an application was started from.
    applications: facts.applications
      .filter(({ space }) => spaces.has(space))
      .map((application) => ({ ...application, program: undefined })),
  };
}

const NOWHERE = { stack: '', address: '' };

/** The text for a terminal or a log. */
export function auditText({ extra, missing, unknown, global, spaces }: Audit): string {
  const same = extra.length + missing.length + unknown.length === 0;
  const say = (title: string, rows: readonly Row[], sign: string): string[] =>
    rows.length === 0
      ? []
      : [title, ...rows.map((row) => `  ${sign} ${plain(clauseOf(row, row.verdict === 'unknown' ? 'may' : 'can'))}`)];
  const lines = [
    same
      ? `the platform is as the code says, in ${spaces.join(', ')}`
      : `the platform differs from the code: ${extra.length} only on the platform, ${missing.length} only in the code`,
    ...say('only on the platform:', extra, '+'),
    ...say('only in the code:', missing, '-'),
    ...say('unknown:', unknown, '?'),
    ...(global.length === 0
      ? []
      : [`not compared, because the foundation binds them to every space: ${global.join(', ')}`]),
  ];
  return `${lines.map(line).join('\n')}\n`;
}

/** The JSON, with names as they are. */
export function auditJson({ extra, missing, unknown, global, spaces }: Audit): string {
  const rows = (all: readonly Row[]): object[] =>
    all.map(({ what, note, ...row }) => ({
      ...row,
      what: plain(what),
      ...(note !== undefined && { note: plain(note) }),
    }));
  const document = { spaces, extra: rows(extra), missing: rows(missing), unknown: rows(unknown), global };
  return `${JSON.stringify(document, null, 2)}\n`;
}
