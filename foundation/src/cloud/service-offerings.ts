import { unprocessable } from './errors';
import { plansOf } from './marketplace';
import type { ServiceOffering } from './records';
import { deleteServiceInstance } from './service-instances';
import type { State } from './state';

/** @param purges also removes the plans, instances, and bindings, without telling the broker */
export const removeOffering = (state: State, offering: ServiceOffering, purges: boolean): void => {
  const plans = plansOf(state, offering);
  if (plans.length > 0 && !purges) {
    throw unprocessable('Please delete the service_plans associations for your services.');
  }
  for (const plan of plans) {
    for (const instance of state.serviceInstances.where(({ planGuid }) => planGuid === plan.guid)) {
      deleteServiceInstance(state, instance.guid, 'purge');
    }
    state.servicePlans.delete(plan.guid);
  }
  state.serviceOfferings.delete(offering.guid);
};
