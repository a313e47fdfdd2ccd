import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { featureDisabled, unprocessable } from '../cloud/errors';
import { metadata, relabel } from '../cloud/metadata';
import type { Destination, Route } from '../cloud/records';
import {
  addDestinations,
  createRoute,
  presentedPort,
  removeDestination,
  replaceDestinations,
  urlOf,
  type DestinationCommand,
  routeOptions,
  routeProtocol,
} from '../cloud/routes';
import type { State } from '../cloud/state';
import { one, parseBody } from './body';
import { list, type Collection } from './collection';
import { presentDomain } from './domains';
import { del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany, toOne } from './present';
import { acceptJob } from './jobs';
import { found, including, requireApp, requireRow, requireSpace, visible } from './lookup';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';
import { endpointsOf } from './resource';

const protocolSchema = z.strictObject({ protocol: routeProtocol });

const destinationsSchema = z.strictObject({
  destinations: z.array(
    z.strictObject({
      app: z.object({ guid: z.string(), process: z.object({ type: z.string() }).nullish() }),
      port: z.number().nullish(),
      protocol: routeProtocol,
      weight: z.null().optional(),
    }),
  ),
});
const createSchema = z
  .strictObject({
    host: z.string().nullish(),
    path: z.string().nullish(),
    port: z.null("Routes with protocol 'http' do not support ports.").optional(),
    relationships: z.strictObject({ space: one, domain: one }),
    options: routeOptions,
    metadata,
  })
  .transform(({ host, path, relationships, metadata: labels }) => ({
    host: host ?? '',
    path: path ?? '',
    spaceGuid: relationships.space.data.guid,
    domainGuid: relationships.domain.data.guid,
    metadata: labels,
  }));
const updateSchema = z.strictObject({ options: routeOptions, metadata });

const readDestinations = (call: Call): DestinationCommand[] =>
  parseBody(destinationsSchema, call.text).destinations.map(({ app, port }) => ({
    appGuid: app.guid,
    processType: app.process?.type ?? 'web',
    port: port ?? undefined,
  }));

const presentDestination = (state: State, destination: Destination) => ({
  guid: destination.guid,
  app: { guid: destination.appGuid, process: { type: destination.processType } },
  weight: null,
  port: presentedPort(state, destination),
  protocol: 'http1',
});

export const presentRoute = (state: State, route: Route, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(route),
  protocol: 'http',
  host: route.host,
  path: route.path,
  port: null,
  url: urlOf(state, route),
  options: {},
  destinations: route.destinations.map((destination) => presentDestination(state, destination)),
  relationships: { space: toOne(route.spaceGuid), domain: toOne(route.domainGuid) },
  metadata: route.metadata,
  links: links(base, {
    self: `/v3/routes/${route.guid}`,
    space: `/v3/spaces/${route.spaceGuid}`,
    destinations: `/v3/routes/${route.guid}/destinations`,
    domain: `/v3/domains/${route.domainGuid}`,
  }),
});

export const routes = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Route => requireRow(state, call, 'routes', 'Route');
  /** Refuses, like a platform whose operator has not turned on route sharing. */
  const shareRoute = (call: Call): never => {
    find(call);
    throw featureDisabled('route_sharing');
  };
  const present = (route: Route, call: Pick<Call, 'base'>) => presentRoute(state, route, call);
  const presentDestinations = (route: Route, { base }: Call) => ({
    destinations: route.destinations.map((destination) => presentDestination(state, destination)),
    links: links(base, {
      self: `/v3/routes/${route.guid}/destinations`,
      route: `/v3/routes/${route.guid}`,
    }),
  });
  const changeDestinations = (change: typeof addDestinations) => (call: Call) => {
    const before = find(call);
    const wanted = readDestinations(call);
    return ok(
      presentDestinations(
        cloud.transact((after) => change(after, before, wanted)),
        call,
      ),
    );
  };
  const organizationOf = (row: Route) => state.spaces.expect(row.spaceGuid).organizationGuid;
  const filters: Collection<Route>['filters'] = {
    guids: 'guid',
    hosts: 'host',
    paths: 'path',
    domain_guids: 'domainGuid',
    space_guids: 'spaceGuid',
    organization_guids: organizationOf,
    app_guids: (row) => row.destinations.map(({ appGuid }) => appGuid),
  };
  const spaces = including('spaces', (row: Route) => row.spaceGuid, state.spaces, presentSpace);
  const organizations = including('organizations', organizationOf, state.organizations, presentOrganization);
  const route = endpointsOf<Route>(
    cloud,
    {
      path: '/v3/routes',
      needs: 'route:read',
      rows: (call) => visible(state, call, state.routes),
      reads: () => state.domains.revision + state.apps.revision + state.droplets.revision,
      filters,
      includes: {
        domain: including('domains', (row) => row.domainGuid, state.domains, presentDomain),
        space: spaces,
        'space.organization': (rows, call) => ({ ...spaces(rows, call), ...organizations(rows, call) }),
      },
      present,
    },
    find,
  );
  return [
    route.list,
    list({
      path: '/v3/apps/:guid/routes',
      needs: 'route:read',
      rows: (call) => {
        const app = requireApp(state, call);
        return state.routes.where(({ destinations }) => destinations.some(({ appGuid }) => appGuid === app.guid));
      },
      filters,
      present,
    }),
    route.read(),
    route.create('route:write', createSchema, createRoute),
    route.change('route:write', updateSchema, (after, row, body) => relabel(after, after.routes, row, body.metadata)),
    route.remove('route:write', 'route.delete'),
    get('/v3/routes/:guid/destinations', 'route:read', (call) => ok(presentDestinations(find(call), call))),
    post('/v3/routes/:guid/destinations', 'route:write', changeDestinations(addDestinations)),
    patch('/v3/routes/:guid/destinations', 'route:write', changeDestinations(replaceDestinations)),
    // HTTP/2 is not supported, so the destination stays as it is.
    patch('/v3/routes/:guid/destinations/:destination', 'route:write', (call) => {
      const { destinations } = find(call);
      const destination = found(
        destinations.find(({ guid }) => guid === guidOf(call, 'destination')),
        'Destination',
      );
      parseBody(protocolSchema, call.text);
      return ok(presentDestination(state, destination));
    }),
    get('/v3/routes/:guid/relationships/shared_spaces', 'route:read', (call) => {
      find(call);
      return ok(toMany([]));
    }),
    post('/v3/routes/:guid/relationships/shared_spaces', 'route:write', shareRoute),
    del('/v3/routes/:guid/relationships/shared_spaces/:space', 'route:write', shareRoute),
    patch('/v3/routes/:guid/relationships/space', 'route:write', shareRoute),
    del(
      '/v3/spaces/:guid/routes',
      'route:write',
      (call) => {
        const space = requireSpace(state, call);
        if (call.query['unmapped'] !== 'true') {
          throw unprocessable(
            "Mass delete not supported for routes. Use 'unmapped=true' parameter to delete all unmapped routes.",
          );
        }
        return acceptJob(cloud, call, 'space.delete_unmapped_routes', { guid: space.guid });
      },
      { query: ['unmapped'] },
    ),
    del('/v3/routes/:guid/destinations/:destination', 'route:write', (call) => {
      const before = find(call);
      cloud.transact((after) => removeDestination(after, before, guidOf(call, 'destination')));
      return noContent;
    }),
  ];
};
