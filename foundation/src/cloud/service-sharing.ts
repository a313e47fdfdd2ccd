/** Sharing of managed instances with other spaces, whose applications may bind them. */
import { CloudError, unprocessable } from './errors';
import { recordOfService } from './events';
import { isPlanOfferedIn, offeringOf } from './marketplace';
import type { Access } from './permissions';
import type { ServiceBinding, ServiceInstance, Space } from './records';
import { spacesOf } from './service-instances';
import type { State } from './state';

const listed = (guids: readonly string[]): string => `[${guids.map((guid) => `'${guid}'`).join(', ')}]`;

const requireTargets = (
  state: State,
  access: Access,
  { name }: ServiceInstance,
  guids: readonly string[],
): readonly Space[] => {
  const hidden = guids.filter((guid) => !state.spaces.get(guid) || !access.inSpace('space:read', guid));
  const closed = guids.filter((guid) => !hidden.includes(guid) && !access.inSpace('service:write', guid));
  const problems = [
    ...(hidden.length === 0
      ? []
      : [
          `Unable to share service instance ${name} with spaces ${listed(hidden)}. ` +
            'Ensure the spaces exist and that you have access to them.',
        ]),
    ...(closed.length === 0
      ? []
      : [
          `Unable to share service instance ${name} with spaces ${listed(closed)}. ` +
            'Write permission is required in order to share a service instance with a space.',
        ]),
  ];
  if (problems.length > 0) throw unprocessable(problems.join('\n'));
  return guids.map((guid) => state.spaces.expect(guid));
};

const requireShareable = (state: State, instance: ServiceInstance): void => {
  if (instance.routeServiceUrl !== null) throw unprocessable('Route services cannot be shared.');
  const offering = offeringOf(state, instance);
  if (!offering) throw unprocessable('User-provided services cannot be shared.');
  if (!offering.shareable) {
    throw unprocessable(`The ${offering.name} service does not support service instance sharing.`);
  }
};

const requireFitting = (state: State, instance: ServiceInstance, space: Space): void => {
  const { name } = instance;
  if (space.guid === instance.spaceGuid) {
    throw unprocessable(
      `Unable to share service instance '${name}' with space '${space.guid}'. ` +
        'Service instances cannot be shared into the space where they were created.',
    );
  }
  const plan = state.servicePlans.expect(instance.planGuid ?? '');
  if (!isPlanOfferedIn(plan, space)) {
    const { name: offering } = state.serviceOfferings.expect(plan.offeringGuid);
    const organization = state.organizations.expect(space.organizationGuid);
    throw unprocessable(
      `Access to service ${offering} and plan ${plan.name} is not enabled in ${organization.name}/${space.name}.`,
    );
  }
  for (const other of state.serviceInstances.where((row) => row.name === name && row.guid !== instance.guid)) {
    if (other.spaceGuid === space.guid) {
      throw unprocessable(`A service instance called ${name} already exists in ${space.name}.`);
    }
    if (spacesOf(other).includes(space.guid)) {
      throw unprocessable(`A service instance called ${name} has already been shared with ${space.name}.`);
    }
  }
};

const requireMade = ({ name, lastOperation: { type, state } }: ServiceInstance): void => {
  if (type === 'create' && state === 'failed') {
    throw new CloudError(404, 60004, 'CF-ServiceInstanceNotFound', `The service instance could not be found: ${name}`);
  }
  if (type === 'create' && state === 'in progress') {
    throw unprocessable('Service instance is currently being created. It can be shared after its creation succeeded.');
  }
  if (type === 'delete' && state === 'in progress') throw unprocessable('The service instance is getting deleted.');
};

/** Accepts spaces that the instance is already shared with. */
export const shareInstance = (
  state: State,
  access: Access,
  instance: ServiceInstance,
  guids: readonly string[],
): ServiceInstance => {
  const targets = requireTargets(state, access, instance, guids);
  requireShareable(state, instance);
  for (const space of targets) requireFitting(state, instance, space);
  requireMade(instance);
  const sharedSpaces = [...new Set([...(instance.sharedSpaces ?? []), ...guids])];
  recordOfService(state, 'share', instance, { target_space_guids: guids });
  return state.serviceInstances.put({ ...instance, updatedAt: state.now(), sharedSpaces });
};

/** The bindings of applications in a space, which end with the sharing. */
export const bindingsIn = (state: State, { guid }: ServiceInstance, spaceGuid: string): readonly ServiceBinding[] =>
  state.serviceBindings.where(
    (binding) => binding.serviceInstanceGuid === guid && state.apps.get(binding.appGuid)?.spaceGuid === spaceGuid,
  );

/** Has no effect on a space that the instance isn't shared with. */
export const unshareInstance = (state: State, instance: ServiceInstance, spaceGuid: string): void => {
  const sharedSpaces = (instance.sharedSpaces ?? []).filter((guid) => guid !== spaceGuid);
  recordOfService(state, 'unshare', instance, { target_space_guid: spaceGuid });
  state.serviceInstances.put({ ...instance, updatedAt: state.now(), sharedSpaces });
};
