import type { Space, ServiceInstance } from '../../model/facts';
import { idPart, label, originOf, flag } from './labels';
import type { References } from './references';
import type { Resource } from '../values';

export function spacesOf(references: References): Space[] {
  return references.all('cloudfoundry_space').map((resource) => ({
    id: spaceId(references, resource),
    name: label(resource.values.name, resource, 'name'),
    owned: resource.managed,
    ssh: flag(resource.values.allow_ssh, (value) => value !== false),
    origin: originOf(resource),
  }));
}

export function spaceId(references: References, resource: Resource): string {
  const org = references.only(resource.values.org, resource);
  const orgName = org === undefined ? label(resource.values.org, resource, 'org') : label(org.values.name, org, 'name');
  return [orgName, label(resource.values.name, resource, 'name')].map(idPart).join('/');
}

/** The id of the space that an application is in. */
export function homeOf(references: References, resource: Resource): string {
  const { org_name: org, space_name: space, space: id } = resource.values;
  if (id !== undefined) {
    // The older provider refers to the space by its id.
    const home = references.only(id, resource);
    return home === undefined ? label(id, resource, 'space') : spaceId(references, home);
  }
  return [label(org, resource, 'org_name'), label(space, resource, 'space_name')].map(idPart).join('/');
}

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
