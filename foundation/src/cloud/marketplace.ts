/** Brokers, what they offer, and who sees it. */
import { isDeepStrictEqual } from 'node:util';
import type { Broker } from './broker';
import { notFound, unprocessable } from './errors';
import { NO_METADATA } from './metadata';
import type { Access } from './permissions';
import type { PlanVisibility, Row, ServiceInstance, ServiceOffering, ServicePlan } from './records';
import type { State, Table } from './state';

const PUBLIC: PlanVisibility = { type: 'public', organizations: [] };

/** The row as the catalog has it now; one that is there keeps its guid and what the catalog doesn't speak of. */
const refresh = <T extends Row, C extends object>(
  state: State,
  table: Table<T>,
  isSame: (row: T) => boolean,
  content: C,
  make: (content: C) => T,
): T => {
  const before = table.find(isSame);
  if (!before) {
    return table.put(make(content));
  }
  const after = { ...before, ...content };
  return isDeepStrictEqual(after, before) ? before : table.put({ ...after, updatedAt: state.now() });
};

/** What `cf create-service-broker` and `cf update-service-broker` do with a catalog; every plan is public at first. */
export const registerBroker = (state: State, { name, catalog }: Pick<Broker, 'name' | 'catalog'>): void => {
  const stamp = () => ({ ...state.stamp(), metadata: NO_METADATA });
  const broker =
    state.serviceBrokers.find((row) => row.name === name) ?? state.serviceBrokers.put({ ...stamp(), name });
  for (const { plans, ...described } of catalog) {
    const offering = refresh(
      state,
      state.serviceOfferings,
      (row) => row.name === described.name,
      { ...described, brokerGuid: broker.guid },
      (content): ServiceOffering => ({ ...stamp(), ...content }),
    );
    for (const plan of plans) {
      const isSame = (row: ServicePlan): boolean => row.offeringGuid === offering.guid && row.name === plan.name;
      // Older foundations kept no visibility.
      const visibility = (state.servicePlans.find(isSame) as Partial<ServicePlan> | undefined)?.visibility ?? PUBLIC;
      const content = { ...plan, offeringGuid: offering.guid, visibility };
      refresh(state, state.servicePlans, isSame, content, (made): ServicePlan => ({ ...stamp(), ...made }));
    }
  }
};

export const offeringOf = (state: State, instance: ServiceInstance): ServiceOffering | undefined =>
  state.serviceOfferings.get(state.servicePlans.get(instance.planGuid)?.offeringGuid);

export const isPlanVisible = (access: Access, { visibility }: ServicePlan): boolean =>
  visibility.type === 'public' ||
  access.everywhere('broker:read') ||
  visibility.organizations.some((guid) => access.inOrganization('organization:read', guid));

export const isPlanOfferedIn = ({ visibility }: ServicePlan, organizationGuid: string): boolean =>
  visibility.type === 'public' || visibility.organizations.includes(organizationGuid);

/** A plan that an instance in the space can have. */
export const requireUsablePlan = (state: State, access: Access, guid: string, spaceGuid: string): ServicePlan => {
  const plan = state.servicePlans.get(guid);
  if (!plan || !isPlanVisible(access, plan)) {
    throw unprocessable(
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    );
  }
  if (!isPlanOfferedIn(plan, state.spaces.expect(spaceGuid).organizationGuid)) {
    throw unprocessable('Invalid service plan. Ensure that the service plan is visible in your current space.');
  }
  return plan;
};

/** `append`: the organizations that are there stay. */
export const changeVisibility = (
  state: State,
  plan: ServicePlan,
  { type, organizations }: PlanVisibility,
  append: boolean,
): ServicePlan => {
  const missing = organizations.filter((guid) => !state.organizations.get(guid));
  if (missing.length > 0) {
    throw unprocessable(`Could not find Organization with guids: ${missing.join(', ')}`);
  }
  const kept = append && plan.visibility.type === 'organization' ? plan.visibility.organizations : [];
  const named = type === 'organization' ? [...new Set([...kept, ...organizations])] : [];
  return state.servicePlans.put({ ...plan, updatedAt: state.now(), visibility: { type, organizations: named } });
};

export const hideFromOrganization = (state: State, plan: ServicePlan, organizationGuid: string): void => {
  const { type, organizations } = plan.visibility;
  if (type !== 'organization') {
    throw unprocessable('Cannot delete visibilities from non-org-restricted plans');
  }
  if (!state.organizations.get(organizationGuid)) {
    throw notFound('Organization');
  }
  if (!organizations.includes(organizationGuid)) {
    throw notFound('Service plan visibility');
  }
  const left = organizations.filter((guid) => guid !== organizationGuid);
  state.servicePlans.put({ ...plan, updatedAt: state.now(), visibility: { type, organizations: left } });
};
