import { z } from 'zod';
import { createApp, restartApp, startApp, stopApp, updateApp, updateVariables } from '../cloud/apps';
import type { Cloud } from '../cloud/cloud';
import { assignDroplet } from '../cloud/staging';
import { boundServices, describeApplication } from '../cloud/environment';
import { notFound, unprocessable } from '../cloud/errors';
import type { App } from '../cloud/records';
import { sshStatus } from '../cloud/ssh-access';
import type { State } from '../cloud/state';
import { name, one, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { get, guidOf, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { lifecycle, presentLifecycle } from '../cloud/buildpacks';
import { including, requireApp, visible } from './lookup';
import { presentManifest } from './manifest';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';
import { endpointsOf } from './resource';

export const presentApp = (app: App, { base }: Pick<Call, 'base'>) => {
  const self = `/v3/apps/${app.guid}`;
  return {
    ...presentRow(app),
    name: app.name,
    state: app.state,
    lifecycle: presentLifecycle(app.lifecycle),
    relationships: {
      space: toOne(app.spaceGuid),
      current_droplet: { data: app.currentDropletGuid === undefined ? null : { guid: app.currentDropletGuid } },
    },
    metadata: app.metadata,
    links: links(base, {
      self,
      space: `/v3/spaces/${app.spaceGuid}`,
      environment_variables: `${self}/environment_variables`,
      packages: `${self}/packages`,
      processes: `${self}/processes`,
      current_droplet: `${self}/droplets/current`,
      droplets: `${self}/droplets`,
      revisions: `${self}/revisions`,
      deployed_revisions: `${self}/revisions/deployed`,
      features: `${self}/features`,
      start: { path: `${self}/actions/start`, method: 'POST' },
      stop: { path: `${self}/actions/stop`, method: 'POST' },
    }),
  };
};

const FEATURES = {
  ssh: { field: 'sshEnabled', description: 'Enable SSHing into the app.' },
  revisions: { field: 'revisionsEnabled', description: 'Enable versioning of an application' },
} as const;

const presentFeature = (app: App, feature: keyof typeof FEATURES) => ({
  name: feature,
  description: FEATURES[feature].description,
  enabled: app[FEATURES[feature].field],
});

const isFeature = (text: string): text is keyof typeof FEATURES => Object.hasOwn(FEATURES, text);

const requireFeature = (call: Call): keyof typeof FEATURES => {
  const feature = guidOf(call, 'feature');
  if (!isFeature(feature)) throw notFound('Feature');
  return feature;
};

const env = z.record(z.string(), z.unknown()).transform((given, context) => {
  const isText = (value: unknown): value is string | null => value === null || typeof value === 'string';
  for (const [variable, value] of Object.entries(given).filter(([, each]) => !isText(each))) {
    const shown = `key '${variable}', value '${JSON.stringify(value)}'`;
    context.addIssue({ code: 'custom', message: `Non-string value in environment variable for ${shown}` });
  }
  return given as Record<string, string | null>;
});
/** Drops null values: they remove a variable in an update, and mean nothing on creation. */
const present = (values: Readonly<Record<string, string | null>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null));

const createSchema = z
  .strictObject({
    name,
    relationships: z.strictObject({ space: one }),
    lifecycle: lifecycle.prefault({ type: 'buildpack' }),
    environment_variables: env.optional(),
    metadata,
  })
  .transform(({ relationships, environment_variables: given, ...body }) => ({
    ...body,
    spaceGuid: relationships.space.data.guid,
    env: present(given),
  }));
const updateSchema = z.strictObject({ name: name.optional(), lifecycle: lifecycle.optional(), metadata });
const variablesSchema = z.strictObject({ var: env });
const featureSchema = z.strictObject({ enabled: z.boolean() });
const dropletSchema = z.strictObject({ data: z.strictObject({ guid: z.string() }).nullable() });

const ACTIONS: Readonly<Record<string, (state: State, app: App, api: string) => App>> = {
  start: startApp,
  stop: stopApp,
  restart: restartApp,
};

export const apps = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): App => requireApp(state, call);
  const spaceOf = (app: App) => state.spaces.expect(app.spaceGuid);
  const organizationOf = (app: App) => spaceOf(app).organizationGuid;
  const spaces = including('spaces', (row: App) => row.spaceGuid, state.spaces, presentSpace);
  const organizations = including('organizations', organizationOf, state.organizations, presentOrganization);
  const app = endpointsOf<App>(
    cloud,
    {
      path: '/v3/apps',
      needs: 'app:read',
      reads: () => 0,
      rows: (call) => visible(state, call, state.apps),
      filters: {
        guids: 'guid',
        names: 'name',
        space_guids: 'spaceGuid',
        organization_guids: organizationOf,
        stacks: (row) => (row.lifecycle.type === 'buildpack' ? row.lifecycle.stack : undefined),
        lifecycle_type: (row) => row.lifecycle.type,
      },
      order: ['name', 'state'],
      includes: {
        space: spaces,
        'space.organization': (rows, call) => ({ ...spaces(rows, call), ...organizations(rows, call) }),
      },
      present: presentApp,
    },
    find,
  );
  const presentVariables = (app: App, { base }: Call) => ({
    var: app.env,
    links: links(base, { self: `/v3/apps/${app.guid}/environment_variables`, app: `/v3/apps/${app.guid}` }),
  });
  const actions = Object.entries(ACTIONS).map(([action, act]) =>
    post(`/v3/apps/:guid/actions/${action}`, 'app:manage', (call) => {
      const row = find(call);
      const changed = cloud.transact((after) => act(after, row, cloud.api));
      return ok(presentApp(changed, call));
    }),
  );
  return [
    app.list,
    app.read(),
    app.create('app:write', createSchema, createApp),
    app.change('app:write', updateSchema, updateApp),
    app.remove('app:write', 'app.delete'),
    ...actions,
    get('/v3/apps/:guid/environment_variables', 'environment:read', (call) => ok(presentVariables(find(call), call))),
    patch('/v3/apps/:guid/environment_variables', 'app:write', (call) => {
      const row = find(call);
      const variables = parseBody(variablesSchema, call.text).var;
      const changed = cloud.transact((after) => updateVariables(after, row, variables));
      return ok(presentVariables(changed, call));
    }),
    get('/v3/apps/:guid/env', 'environment:read', (call) => {
      const row = find(call);
      return ok({
        environment_variables: row.env,
        staging_env_json: {},
        running_env_json: {},
        // Fewer roles may read credentials than variables.
        system_env_json: call.access.inSpace('secret:read', row.spaceGuid)
          ? { VCAP_SERVICES: boundServices(state, row.guid) }
          : { redacted_message: '[PRIVATE DATA HIDDEN]' },
        application_env_json: { VCAP_APPLICATION: describeApplication(state, row, cloud.api) },
      });
    }),
    get('/v3/apps/:guid/features', 'app:read', (call) => {
      const row = find(call);
      return ok({
        resources: Object.keys(FEATURES)
          .filter(isFeature)
          .map((feature) => presentFeature(row, feature)),
      });
    }),
    get('/v3/apps/:guid/features/:feature', 'app:read', (call) => {
      const row = find(call);
      const feature = requireFeature(call);
      return ok(presentFeature(row, feature));
    }),
    patch('/v3/apps/:guid/features/:feature', 'app:write', (call) => {
      const row = find(call);
      const feature = requireFeature(call);
      const { enabled } = parseBody(featureSchema, call.text);
      const after = cloud.transact((next) =>
        next.apps.put({ ...row, updatedAt: next.now(), [FEATURES[feature].field]: enabled }),
      );
      return ok(presentFeature(after, feature));
    }),
    get('/v3/apps/:guid/ssh_enabled', 'app:read', (call) => ok(sshStatus(state, find(call)))),
    get('/v3/apps/:guid/relationships/current_droplet', 'app:read', (call) => ok(toOne(find(call).currentDropletGuid))),
    patch('/v3/apps/:guid/relationships/current_droplet', 'app:write', (call) => {
      const row = find(call);
      const droplet = state.droplets.get(parseBody(dropletSchema, call.text).data?.guid);
      if (!droplet) {
        throw unprocessable('Unable to assign current droplet. Ensure the droplet exists and belongs to this app.');
      }
      cloud.transact((after) => assignDroplet(after, row, droplet));
      const self = `/v3/apps/${row.guid}/relationships/current_droplet`;
      return ok({ ...toOne(droplet.guid), links: links(call.base, { self }) });
    }),
    get('/v3/apps/:guid/manifest', 'secret:read', (call) => ({
      status: 200,
      body: presentManifest(state, find(call)),
      headers: { 'Content-Type': 'application/x-yaml' },
    })),
  ];
};
