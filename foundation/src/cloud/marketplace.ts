/** The offerings and plans of brokers, and their visibility. */
import { isDeepStrictEqual } from 'node:util';
import type { CatalogOffering, OwnBroker } from './broker';
import { notFound, unprocessable } from './errors';
import { NO_METADATA } from './metadata';
import type { Access } from './permissions';
import type {
  Organization,
  PlanVisibility,
  Row,
  ServiceBroker,
  ServiceInstance,
  ServiceOffering,
  ServicePlan,
  Space,
} from './records';
import type { State, Table } from './state';

const PUBLIC: PlanVisibility = { type: 'public', organizations: [] };
const ADMIN: PlanVisibility = { type: 'admin', organizations: [] };

/** Drops undefined fields, as the store does, for comparison with a stored row. */
const withoutGaps = <T extends object>(row: T): T =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as T;

/** Updates a row from the catalog, or creates it. An existing row keeps its GUID and all fields not in the catalog. */
const refresh = <T extends Row & { readonly metadata: object }>(
  state: State,
  table: Table<T>,
  before: T | undefined,
  content: Omit<T, keyof Row | 'metadata'>,
): T => {
  const { guid, createdAt, updatedAt, metadata } = before ?? { ...state.stamp(), metadata: NO_METADATA };
  const after = withoutGaps({ ...content, guid, createdAt, updatedAt, metadata } as T);
  return isDeepStrictEqual(after, before) ? after : table.put({ ...after, updatedAt: state.now() });
};

const offeringsOf = (state: State, guid: string): readonly ServiceOffering[] =>
  state.serviceOfferings.where(({ brokerGuid }) => brokerGuid === guid);

export const plansOf = (state: State, { guid }: ServiceOffering): readonly ServicePlan[] =>
  state.servicePlans.where(({ offeringGuid }) => offeringGuid === guid);

const hasInstances = (state: State, plan: ServicePlan): boolean =>
  state.serviceInstances.find(({ planGuid }) => planGuid === plan.guid) !== undefined;

export const brokerHasInstances = (state: State, broker: ServiceBroker): boolean =>
  offeringsOf(state, broker.guid).some((offering) =>
    plansOf(state, offering).some((plan) => hasInstances(state, plan)),
  );

/** Rows of older foundations have no catalog ID, so their name identifies them. */
const isSame = (row: { readonly catalogId: string; readonly name: string }, id: string): boolean =>
  ((row as Partial<ServicePlan>).catalogId ?? row.name) === id;

/** Removes what is gone from the catalog, or, if it has instances, keeps it but allows no new ones. */
const retire = (
  state: State,
  broker: ServiceBroker,
  catalog: readonly CatalogOffering[],
): readonly (readonly [offering: string, plan: string])[] => {
  const kept: (readonly [offering: string, plan: string])[] = [];
  for (const offering of offeringsOf(state, broker.guid)) {
    const listed = catalog.find(({ id }) => isSame(offering, id));
    for (const plan of plansOf(state, offering)) {
      if (listed?.plans.some(({ id }) => isSame(plan, id))) continue;
      if (hasInstances(state, plan)) {
        state.servicePlans.put({ ...plan, retired: true });
        kept.push([offering.name, plan.name]);
      } else {
        state.servicePlans.delete(plan.guid);
      }
    }
    if (!listed && plansOf(state, offering).length > 0) state.serviceOfferings.put({ ...offering, retired: true });
    else if (!listed) state.serviceOfferings.delete(offering.guid);
  }
  return kept;
};

const retirementWarning = (url: string, kept: readonly (readonly [offering: string, plan: string])[]): string => {
  const offerings = [...new Set(kept.map(([offering]) => offering))].sort();
  const lines = offerings.flatMap((name) => [
    name,
    ...kept.flatMap(([offering, plan]) => (offering === name ? [`  ${plan}`] : [])).sort(),
  ]);
  return (
    `Warning: Service plans are missing from the broker's catalog (${url}/v2/catalog) but can not be removed from Cloud ` +
    'Foundry while instances exist. The plans have been deactivated to prevent users from attempting to provision new ' +
    'instances of these plans. The broker should continue to support bind, unbind, and delete for existing instances; ' +
    `if these operations fail contact your broker provider.\n${lines.map((line) => `${line}\n`).join('')}`
  );
};

/** Applies a catalog, for `cf create-service-broker` and `cf update-service-broker`; returns warnings. */
export const synchronizeCatalog = (
  state: State,
  broker: ServiceBroker,
  catalog: readonly CatalogOffering[],
): readonly string[] => {
  const { spaceGuid } = broker;
  const hidden: PlanVisibility = spaceGuid === undefined ? ADMIN : { type: 'space', organizations: [], spaceGuid };
  for (const { id, plans, ...described } of catalog) {
    const offering = refresh(
      state,
      state.serviceOfferings,
      offeringsOf(state, broker.guid).find((row) => isSame(row, id)),
      { ...described, catalogId: id, brokerGuid: broker.guid },
    );
    for (const { id: planId, ...plan } of plans) {
      const before = plansOf(state, offering).find((row) => isSame(row, planId));
      // Older foundations did not store visibility.
      const visibility = (before as Partial<ServicePlan> | undefined)?.visibility ?? (broker.address ? hidden : PUBLIC);
      refresh(state, state.servicePlans, before, {
        ...plan,
        catalogId: planId,
        offeringGuid: offering.guid,
        visibility,
      });
    }
  }
  const kept = retire(state, broker, catalog);
  return kept.length === 0 ? [] : [retirementWarning(broker.address?.url ?? '', kept)];
};

/** Registers the built-in broker, whose plans are public at first. */
export const registerOwnBroker = (state: State, { name, catalog }: Pick<OwnBroker, 'name' | 'catalog'>): void => {
  const broker =
    state.serviceBrokers.find((row) => row.name === name && !row.address) ??
    state.serviceBrokers.put({ ...state.stamp(), metadata: NO_METADATA, name });
  synchronizeCatalog(state, broker, catalog);
};

/** Conflicts of a catalog with the offerings of others, in the platform's words. */
export const catalogClashes =
  (state: State, broker: ServiceBroker) =>
  (catalog: readonly CatalogOffering[]): readonly string[] => {
    const present = offeringsOf(state, broker.guid);
    const taken = present
      .filter((offering) => plansOf(state, offering).some((plan) => hasInstances(state, plan)))
      .filter(({ name, catalogId }) => catalog.some((other) => other.name === name && other.id !== catalogId))
      .map(({ name }) => JSON.stringify(name));
    return taken.length === 0
      ? []
      : [`Service names must be unique within a broker. Services with names [${taken.join(', ')}] already exist`];
  };

/** Deletes the broker with its offerings and plans. */
export const deleteBroker = (state: State, guid: string): void => {
  for (const offering of offeringsOf(state, guid)) {
    for (const plan of plansOf(state, offering)) state.servicePlans.delete(plan.guid);
    state.serviceOfferings.delete(offering.guid);
  }
  state.serviceBrokers.delete(guid);
};

export const offeringOf = (state: State, instance: ServiceInstance): ServiceOffering | undefined =>
  state.serviceOfferings.get(state.servicePlans.get(instance.planGuid)?.offeringGuid);

export const brokerOf = (state: State, { brokerGuid }: ServiceOffering): ServiceBroker =>
  state.serviceBrokers.expect(brokerGuid);

export const brokerOfInstance = (state: State, instance: ServiceInstance): ServiceBroker | undefined => {
  const offering = offeringOf(state, instance);
  return offering && brokerOf(state, offering);
};

export const isPlanVisible = (access: Access, { visibility }: ServicePlan): boolean =>
  visibility.type === 'public' ||
  access.everywhere('broker:read') ||
  visibility.organizations.some((guid) => access.inOrganization('organization:read', guid)) ||
  (visibility.spaceGuid !== undefined && access.inSpace('space-offering:read', visibility.spaceGuid));

export const isPlanOfferedIn = (
  { visibility }: ServicePlan,
  space: Pick<Space, 'guid' | 'organizationGuid'>,
): boolean =>
  visibility.type === 'public' ||
  visibility.organizations.includes(space.organizationGuid) ||
  visibility.spaceGuid === space.guid;

export const spacesOffered = (state: State, plans: readonly ServicePlan[]): readonly Space[] =>
  state.spaces.where((space) => plans.some((plan) => isPlanOfferedIn(plan, space)));

export const organizationsOffered = (state: State, plans: readonly ServicePlan[]): readonly Organization[] =>
  state.organizations.where(({ guid }) =>
    plans.some(
      ({ visibility: { type, organizations, spaceGuid } }) =>
        type === 'public' || organizations.includes(guid) || state.spaces.get(spaceGuid)?.organizationGuid === guid,
    ),
  );

/** The plan's own setting overrides the offering's. */
export const isBindable = (offering: ServiceOffering, plan: ServicePlan): boolean =>
  plan.bindable ?? offering.bindable ?? true;

export const isUpdateable = (offering: ServiceOffering, plan: ServicePlan): boolean =>
  plan.planUpdateable ?? offering.planUpdateable;

/** The plan, if an instance in the space can use it. */
export const requireUsablePlan = (state: State, access: Access, guid: string, spaceGuid: string): ServicePlan => {
  const plan = state.servicePlans.get(guid);
  if (!plan || plan.retired || !isPlanVisible(access, plan)) {
    throw unprocessable(
      'Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.',
    );
  }
  if (!isPlanOfferedIn(plan, state.spaces.expect(spaceGuid))) {
    throw unprocessable('Invalid service plan. Ensure that the service plan is visible in your current space.');
  }
  return plan;
};

/** With `append`, organizations that have access keep it. */
export const changeVisibility = (
  state: State,
  plan: ServicePlan,
  { type, organizations }: PlanVisibility,
  append: boolean,
): ServicePlan => {
  if (plan.visibility.type === 'space') throw unprocessable("cannot update plans with visibility type 'space'");
  const missing = organizations.filter((guid) => !state.organizations.get(guid));
  if (missing.length > 0) throw unprocessable(`Could not find Organization with guids: ${missing.join(', ')}`);
  const kept = append && plan.visibility.type === 'organization' ? plan.visibility.organizations : [];
  const named = type === 'organization' ? [...new Set([...kept, ...organizations])] : [];
  return state.servicePlans.put({ ...plan, updatedAt: state.now(), visibility: { type, organizations: named } });
};

export const hideFromOrganization = (state: State, plan: ServicePlan, organizationGuid: string): void => {
  const { type, organizations } = plan.visibility;
  if (type !== 'organization') throw unprocessable('Cannot delete visibilities from non-org-restricted plans');
  if (!state.organizations.get(organizationGuid)) throw notFound('Organization');
  if (!organizations.includes(organizationGuid)) throw notFound('Service plan visibility');
  const left = organizations.filter((guid) => guid !== organizationGuid);
  // Without organizations, only admins may use the plan.
  const visibility: PlanVisibility = left.length > 0 ? { type, organizations: left } : ADMIN;
  state.servicePlans.put({ ...plan, updatedAt: state.now(), visibility });
};
