import { dayOf } from '../../constructs/values/day';
import { Model } from '../model/model';
import { factsOf } from '../readers/resources';
import { compare } from './baseline';
import { describe } from './describe';
import { VERSION, type Baseline, type OrganizationAudit } from './document';
import type { Outcome } from '../outcome';
import { observationsOf } from './observations';
import type { Reading } from './read';
import { recordOf } from './record';

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
