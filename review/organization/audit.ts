import { dayOf } from '../../constructs/values/day';
import { difference } from '../difference/difference';
import { Model } from '../model/model';
import { describe } from './describe';
import { VERSION, type Baseline, type OrganizationAudit, type Outcome, type ChangedRow } from './document';
import { observationsOf } from './observations';
import type { Reading } from './read';
import { recordOf, resourcesOf } from './record';
import { plain } from '../phrase';
import { InputError } from '../readers/input';
import { block } from '../readers/json';
import { factsOf } from '../readers/resources';
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
