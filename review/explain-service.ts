import { Egress } from '../constructs/values/egress';
import type { Explanation } from './explain';
import { placeOf, type Application, type ServiceInstance } from './model/facts';
import type { Model } from './model/model';

/** How marketplaces name buckets: the beginning of an offering's name. */
const BUCKETS = /^(?:aws-)?s3\b/;

/**
 * Why an application reaches a service without a proxy. A service's host is in its credentials, which no plan shows.
 * But a brokered bucket is in the platform's own network, and the names of cloud.gov's groups tell whether they open
 * it.
 */
export function explainService(model: Model, source: Application, service: ServiceInstance): Explanation {
  const { name, offering } = service;
  const ask = `the host of ${name} is in its credentials, which no plan shows: ask for the host`;
  if (offering === undefined || !BUCKETS.test(offering)) return { answer: 'unknown', reasons: [ask] };
  const groups = model.groupsOf(source.space).map(({ group, binding }) => ({
    group,
    place: binding === undefined ? '' : ` (${placeOf(binding.origin)})`,
    certain: binding === undefined ? model.groups.get(group)?.global.running !== 'unknown' : !binding.unknown,
  }));
  // A name that isn't known yet is none of cloud.gov's.
  const reaches = (some: typeof groups): boolean | undefined =>
    Egress.of(...some.map(({ group }) => group.replace(/[\s,]/g, '-'))).reaches('brokered bucket');
  const told = groups.map(({ group, place }) => `${group}${place}`).join(', ');
  const where = `${name} is a brokered bucket (${offering}), and space ${source.space}`;
  const sure = groups.filter(({ certain }) => certain);
  if (reaches(sure) === true) return { answer: 'yes', reasons: [`directly: ${where} has ${told}`] };
  if (reaches(groups) === false) {
    const has = told === '' ? 'has no security group' : `has ${told}, which open no brokered bucket`;
    return { answer: 'no', reasons: [`not directly: ${where} ${has}`, `possibly through a proxy: ${ask}`] };
  }
  return { answer: 'unknown', reasons: [`directly: ${where} has ${told}, and what they open is unknown`] };
}
