import type { Facts } from '../../model/facts';
import { type Resource, scalarsOf } from '../values';
import { applicationId, applicationsOf, servicesOf, homeOf, spaceId, spacesOf } from './applications';
import { bindingsOf, securityGroupsOf } from './security-groups';
import { asNewer } from './community';
import { grantsOf } from './grants';
import { policiesOf } from './policies';
import { pushedOf } from './programs';
import { References } from './references';
import { routeOf, routesOf } from './routes';

/**
 * What resources of the provider say about reach. Applications, spaces and groups get names that stay the same when the
 * resource is recreated, and so does everything that refers to them: an id that is known only after the apply isn't a
 * change.
 */
export function factsOf(resources: readonly Resource[]): Facts {
  const references = new References(
    resources
      .filter(({ type }) => type.startsWith('cloudfoundry_'))
      .flatMap(asNewer)
      .map((resource) => ({ ...resource, values: scalarsOf(resource.values) })),
  );
  return {
    spaces: spacesOf(references),
    groups: securityGroupsOf(references),
    bindings: bindingsOf(references),
    applications: applicationsOf(references, pushedOf(resources)),
    policies: policiesOf(references),
    routes: routesOf(references),
    services: servicesOf(references),
    grants: grantsOf(references.resources, {
      find: (value, from) => references.find(value, from),
      space: (resource) => spaceId(references, resource),
      application: (resource) => applicationId(references, resource),
      home: (resource) => homeOf(references, resource),
      route: (resource) => routeOf(references, resource).url,
    }),
  };
}
