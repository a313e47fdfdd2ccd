import type { ServiceInstance } from '../../model/facts';
import { label, originOf } from './labels';
import type { References } from './references';
import { spaceId } from './spaces';

export function servicesOf(references: References): ServiceInstance[] {
  return references.all('cloudfoundry_service_instance').map((resource) => {
    const { name, space, service_plan: plan } = resource.values;
    const home = references.only(space, resource);
    const offering = references.only(plan, resource)?.values.service_offering_name;
    return {
      id: `${home === undefined ? label(space, resource, 'space') : spaceId(references, home)}/${label(name, resource, 'name')}`,
      name: label(name, resource, 'name'),
      ...(typeof offering === 'string' && { offering }),
      origin: originOf(resource),
    };
  });
}
