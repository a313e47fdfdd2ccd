import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notAuthorized, notFound, unprocessable } from '../cloud/errors';
import type { Row } from '../cloud/records';
import { isReadable } from '../cloud/service-instances';
import { metadata, one, parseBody } from './body';
import { list } from './collection';
import { get, post, type Endpoint } from './endpoint';

const createSchema = z.strictObject({
  relationships: z.strictObject({ service_instance: one, route: one }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  metadata,
});

/**
 * Route services are off, as an operator of the platform can have them: no request is refused for another reason than
 * there, and none is granted.
 *
 * @see https://docs.cloudfoundry.org/services/route-services.html
 */
export const serviceRouteBindings = ({ state }: Cloud): readonly Endpoint[] => [
  list<Row>({
    path: '/v3/service_route_bindings',
    needs: 'service:read',
    rows: () => [],
    filters: {
      guids: () => undefined,
      route_guids: () => undefined,
      service_instance_guids: () => undefined,
      service_instance_names: () => undefined,
    },
    includes: { route: () => ({ routes: [] }), service_instance: () => ({ service_instances: [] }) },
    present: () => ({}),
  }),
  get('/v3/service_route_bindings/:guid', 'service:read', () => {
    throw notFound('Service route binding');
  }),
  post('/v3/service_route_bindings', 'service:write', ({ access, text }) => {
    const { relationships } = parseBody(createSchema, text);
    const [instanceGuid, routeGuid] = [relationships.service_instance.data.guid, relationships.route.data.guid];
    const instance = state.serviceInstances.get(instanceGuid);
    if (!instance || !isReadable(access, instance)) {
      throw unprocessable(`The service instance could not be found: ${instanceGuid}`);
    }
    if (!access.inSpace('service:write', instance.spaceGuid)) {
      throw notAuthorized();
    }
    const route = state.routes.get(routeGuid);
    if (!route || !access.inSpace('space:read', route.spaceGuid)) {
      throw unprocessable(`The route could not be found: ${routeGuid}`);
    }
    throw unprocessable(
      instance.routeServiceUrl === null
        ? 'This service instance does not support route binding'
        : 'Support for route services is disabled',
    );
  }),
];
