import type { Cloud } from '../cloud/cloud';
import { unprocessable } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import type { ServiceInstance } from '../cloud/records';
import { beginUnbinding } from '../cloud/service-bindings';
import { requireInstance } from '../cloud/service-instances';
import { bindingsIn, shareInstance, unshareInstance } from '../cloud/service-sharing';
import { many, parseBody } from './body';
import { fieldParameters, withIncluded } from './collection';
import { del, get, guidOf, noContent, ok, post, type Call, type Endpoint } from './endpoint';
import { links, toMany } from './present';
import { spaceFields } from './space-fields';

const pathOf = ({ guid }: ServiceInstance): string => `/v3/service_instances/${guid}/relationships/shared_spaces`;

const presentSharing = (instance: ServiceInstance, { base }: Pick<Call, 'base'>) => ({
  ...toMany(instance.sharedSpaces ?? []),
  links: links(base, { self: pathOf(instance) }),
});

/** @see https://docs.cloudfoundry.org/devguide/services/sharing-instances.html */
export const sharedSpaces = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceInstance => requireInstance(state, call.access, call.needs, guidOf(call));
  const fields = spaceFields<ServiceInstance>(state, ({ sharedSpaces: shared = [] }) => shared);
  const path = '/v3/service_instances/:guid/relationships/shared_spaces';
  return [
    get(path, 'service:read', (call) => ok(withIncluded(find(call), call, { present: presentSharing, fields })), {
      query: fieldParameters(fields),
    }),
    get(`${path}/usage_summary`, 'service:read', (call) => {
      const instance = find(call);
      return ok({
        usage_summary: (instance.sharedSpaces ?? []).map((guid) => ({
          space: { guid },
          bound_app_count: bindingsIn(state, instance, guid).length,
        })),
        links: links(call.base, {
          self: `${pathOf(instance)}/usage_summary`,
          shared_spaces: pathOf(instance),
          service_instance: `/v3/service_instances/${instance.guid}`,
        }),
      });
    }),
    post(path, 'service:write', (call) => {
      const instance = find(call);
      const guids = parseBody(many, call.text).data.map(({ guid }) => guid);
      const shared = cloud.transact((after) => shareInstance(after, call.access, instance, guids));
      return ok(presentSharing(shared, call));
    }),
    del(`${path}/:space`, 'service:write', (call) => {
      const instance = find(call);
      const space = guidOf(call, 'space');
      if (!state.spaces.get(space)) {
        throw unprocessable(`Unable to unshare service instance from space ${space}. Ensure the space exists.`);
      }
      // The applications there lose their bindings; the jobs tell the broker after the response.
      const jobs = cloud.transact((after) => {
        unshareInstance(after, instance, space);
        return bindingsIn(after, instance, space).map((binding) => {
          beginUnbinding(after, binding);
          return createJob(after, 'service_bindings.delete', { guid: binding.guid }, call.access);
        });
      });
      jobs.forEach((job) => cloud.jobs.run(job));
      return noContent;
    }),
  ];
};
