import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { featureDisabled, unprocessable } from '../cloud/errors';
import { mergeMetadata, metadata } from '../cloud/metadata';
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
import { list, withIncluded, type Collection } from './collection';
import { presentDomain } from './domains';
import {
  created,
  del,
  get,
  guidOf,
  noContent,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toMany,
  toOne,
} from './endpoint';
import { acceptJob } from './jobs';
import { found, referred, requireApp, requireRow, requireSpace, visible } from './lookup';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';

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
const createSchema = z.strictObject({
  host: z.string().nullish(),
  path: z.string().nullish(),
  port: z.null("Routes with protocol 'http' do not support ports.").optional(),
  relationships: z.strictObject({ space: one, domain: one }),
  options: routeOptions,
  metadata,
});
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
  const filters: Collection<Route>['filters'] = {
    guids: (row) => row.guid,
    hosts: (row) => row.host,
    paths: (row) => row.path,
    domain_guids: (row) => row.domainGuid,
    space_guids: (row) => row.spaceGuid,
    organization_guids: (row) => state.spaces.expect(row.spaceGuid).organizationGuid,
    app_guids: (row) => row.destinations.map(({ appGuid }) => appGuid),
  };
  const organizationOf = (row: Route) => state.spaces.expect(row.spaceGuid).organizationGuid;
  const spacesOf = (rows: readonly Route[], call: Call) => ({
    spaces: referred(rows, (row) => row.spaceGuid, state.spaces).map((space) => presentSpace(space, call)),
  });
  const collection: Omit<Collection<Route>, 'rows'> = {
    path: '/v3/routes',
    needs: 'route:read',
    filters,
    includes: {
      domain: (rows, call) => ({
        domains: referred(rows, (row) => row.domainGuid, state.domains).map((domain) => presentDomain(domain, call)),
      }),
      space: spacesOf,
      'space.organization': (rows, call) => ({
        ...spacesOf(rows, call),
        organizations: referred(rows, organizationOf, state.organizations).map((organization) =>
          presentOrganization(organization, call),
        ),
      }),
    },
    present,
  };
  return [
    list({
      ...collection,
      rows: (call) => visible(state, call, state.routes),
      reads: () => state.domains.revision + state.apps.revision + state.droplets.revision,
    }),
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
    get('/v3/routes/:guid', 'route:read', (call) => ok(withIncluded(find(call), call, collection)), {
      query: ['include'],
    }),
    post('/v3/routes', 'route:write', (call) => {
      const { host, path, relationships, metadata: labels } = parseBody(createSchema, call.text);
      const command = {
        host: host ?? '',
        path: path ?? '',
        spaceGuid: relationships.space.data.guid,
        domainGuid: relationships.domain.data.guid,
        metadata: labels,
      };
      const made = cloud.transact((after) => createRoute(after, call.access, command));
      return created(present(made, call));
    }),
    patch('/v3/routes/:guid', 'route:write', (call) => {
      const route = find(call);
      const command = parseBody(updateSchema, call.text);
      const updated = cloud.transact((after) =>
        after.routes.put({
          ...route,
          updatedAt: after.now(),
          metadata: mergeMetadata(route.metadata, command.metadata),
        }),
      );
      return ok(present(updated, call));
    }),
    del('/v3/routes/:guid', 'route:write', (call) => acceptJob(cloud, call, 'route.delete', { guid: find(call).guid })),
    get('/v3/routes/:guid/destinations', 'route:read', (call) => ok(presentDestinations(find(call), call))),
    post('/v3/routes/:guid/destinations', 'route:write', (call) => {
      const route = find(call);
      const wanted = readDestinations(call);
      const changed = cloud.transact((after) => addDestinations(after, route, wanted));
      return ok(presentDestinations(changed, call));
    }),
    patch('/v3/routes/:guid/destinations', 'route:write', (call) => {
      const route = find(call);
      const wanted = readDestinations(call);
      const changed = cloud.transact((after) => replaceDestinations(after, route, wanted));
      return ok(presentDestinations(changed, call));
    }),
    // HTTP/2 is not supported, so the destination stays as it is.
    patch('/v3/routes/:guid/destinations/:destination', 'route:write', (call) => {
      const route = find(call);
      const destination = found(
        route.destinations.find(({ guid }) => guid === guidOf(call, 'destination')),
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
      const route = find(call);
      cloud.transact((after) => removeDestination(after, route, guidOf(call, 'destination')));
      return noContent;
    }),
  ];
};
