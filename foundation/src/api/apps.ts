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
import { list, withIncluded, type Collection } from './collection';
import {
  created,
  del,
  get,
  guidOf,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toOne,
} from './endpoint';
import { acceptJob } from './jobs';
import { lifecycle, presentLifecycle, readLifecycle } from '../cloud/buildpacks';
import { requireApp, visible } from './lookup';
import { presentManifest } from './manifest';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';

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

const env = z.record(z.string(), z.unknown()).transform((given, context) => {
  const isText = (value: unknown): value is string | null => value === null || typeof value === 'string';
  for (const [variable, value] of Object.entries(given).filter(([, each]) => !isText(each))) {
    const shown = `key '${variable}', value '${JSON.stringify(value)}'`;
    context.addIssue({ code: 'custom', message: `Non-string value in environment variable for ${shown}` });
  }
  return given as Record<string, string | null>;
});
const createSchema = z.strictObject({
  name,
  relationships: z.strictObject({ space: one }),
  lifecycle: lifecycle.optional(),
  environment_variables: env.optional(),
  metadata,
});
const updateSchema = z.strictObject({ name: name.optional(), lifecycle: lifecycle.optional(), metadata });
const variablesSchema = z.strictObject({ var: env });
const featureSchema = z.strictObject({ enabled: z.boolean() });
const dropletSchema = z.strictObject({ data: z.strictObject({ guid: z.string() }).nullable() });

/** Drops null values: they remove a variable in an update, and mean nothing on creation. */
const present = (values: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null));

const ACTIONS: Readonly<Record<string, (state: State, app: App, api: string) => App>> = {
  start: startApp,
  stop: stopApp,
  restart: restartApp,
};

export const apps = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): App => requireApp(state, call);
  const spaceOf = (app: App) => state.spaces.expect(app.spaceGuid);
  const collection: Collection<App> = {
    path: '/v3/apps',
    needs: 'app:read',
    reads: () => 0,
    rows: (call) => visible(state, call, state.apps),
    filters: {
      guids: (row) => row.guid,
      names: (row) => row.name,
      space_guids: (row) => row.spaceGuid,
      organization_guids: (row) => spaceOf(row).organizationGuid,
      stacks: (row) => (row.lifecycle.type === 'buildpack' ? row.lifecycle.stack : undefined),
      lifecycle_type: (row) => row.lifecycle.type,
    },
    order: { name: (row) => row.name, state: (row) => row.state },
    includes: {
      space: (rows, call) => ({
        spaces: [...new Set(rows.map(spaceOf))].map((space) => presentSpace(space, call)),
      }),
      'space.organization': (rows, call) => ({
        spaces: [...new Set(rows.map(spaceOf))].map((space) => presentSpace(space, call)),
        organizations: [...new Set(rows.map((row) => spaceOf(row).organizationGuid))].map((guid) =>
          presentOrganization(state.organizations.expect(guid), call),
        ),
      }),
    },
    present: presentApp,
  };
  const presentVariables = (app: App, { base }: Call) => ({
    var: app.env,
    links: links(base, { self: `/v3/apps/${app.guid}/environment_variables`, app: `/v3/apps/${app.guid}` }),
  });
  const actions = Object.entries(ACTIONS).map(([action, act]) =>
    post(`/v3/apps/:guid/actions/${action}`, 'app:manage', (call) => {
      const app = find(call);
      const changed = cloud.transact((after) => act(after, app, cloud.api));
      return ok(presentApp(changed, call));
    }),
  );
  return [
    list(collection),
    get('/v3/apps/:guid', 'app:read', (call) => ok(withIncluded(find(call), call, collection)), { query: ['include'] }),
    post('/v3/apps', 'app:write', (call) => {
      const body = parseBody(createSchema, call.text);
      const command = {
        name: body.name,
        spaceGuid: body.relationships.space.data.guid,
        lifecycle: readLifecycle(body.lifecycle ?? { type: 'buildpack' }),
        env: present(body.environment_variables ?? {}),
        metadata: body.metadata,
      };
      const made = cloud.transact((after) => createApp(after, call.access, command));
      return created(presentApp(made, call));
    }),
    patch('/v3/apps/:guid', 'app:write', (call) => {
      const app = find(call);
      const { lifecycle: given, ...body } = parseBody(updateSchema, call.text);
      const command = { ...body, lifecycle: given && readLifecycle(given) };
      const changed = cloud.transact((after) => updateApp(after, app, command));
      return ok(presentApp(changed, call));
    }),
    del('/v3/apps/:guid', 'app:write', (call) => acceptJob(cloud, call, 'app.delete', { guid: find(call).guid })),
    ...actions,
    get('/v3/apps/:guid/environment_variables', 'environment:read', (call) => ok(presentVariables(find(call), call))),
    patch('/v3/apps/:guid/environment_variables', 'app:write', (call) => {
      const app = find(call);
      const variables = parseBody(variablesSchema, call.text).var;
      const changed = cloud.transact((after) => updateVariables(after, app, variables));
      return ok(presentVariables(changed, call));
    }),
    get('/v3/apps/:guid/env', 'environment:read', (call) => {
      const app = find(call);
      return ok({
        environment_variables: app.env,
        staging_env_json: {},
        running_env_json: {},
        // Fewer roles may read credentials than variables.
        system_env_json: call.access.inSpace('secret:read', app.spaceGuid)
          ? { VCAP_SERVICES: boundServices(state, app.guid) }
          : { redacted_message: '[PRIVATE DATA HIDDEN]' },
        application_env_json: { VCAP_APPLICATION: describeApplication(state, app, cloud.api) },
      });
    }),
    get('/v3/apps/:guid/features', 'app:read', (call) => {
      const app = find(call);
      return ok({
        resources: Object.keys(FEATURES)
          .filter(isFeature)
          .map((feature) => presentFeature(app, feature)),
      });
    }),
    get('/v3/apps/:guid/features/:feature', 'app:read', (call) => {
      const app = find(call);
      const feature = guidOf(call, 'feature');
      if (!isFeature(feature)) throw notFound('Feature');
      return ok(presentFeature(app, feature));
    }),
    patch('/v3/apps/:guid/features/:feature', 'app:write', (call) => {
      const app = find(call);
      const feature = guidOf(call, 'feature');
      if (!isFeature(feature)) throw notFound('Feature');
      const { enabled } = parseBody(featureSchema, call.text);
      const after = cloud.transact((next) =>
        next.apps.put({ ...app, updatedAt: next.now(), [FEATURES[feature].field]: enabled }),
      );
      return ok(presentFeature(after, feature));
    }),
    get('/v3/apps/:guid/ssh_enabled', 'app:read', (call) => ok(sshStatus(state, find(call)))),
    get('/v3/apps/:guid/relationships/current_droplet', 'app:read', (call) => ok(toOne(find(call).currentDropletGuid))),
    patch('/v3/apps/:guid/relationships/current_droplet', 'app:write', (call) => {
      const app = find(call);
      const droplet = state.droplets.get(parseBody(dropletSchema, call.text).data?.guid);
      if (!droplet) {
        throw unprocessable('Unable to assign current droplet. Ensure the droplet exists and belongs to this app.');
      }
      cloud.transact((after) => assignDroplet(after, app, droplet));
      const self = `/v3/apps/${app.guid}/relationships/current_droplet`;
      return ok({ ...toOne(droplet.guid), links: links(call.base, { self }) });
    }),
    get('/v3/apps/:guid/permissions', 'app:read', (call) => {
      const { spaceGuid } = find(call);
      return ok({
        read_basic_data: true,
        read_sensitive_data: call.access.inSpace('secret:read', spaceGuid),
      });
    }),
    get('/v3/apps/:guid/manifest', 'secret:read', (call) => ({
      status: 200,
      body: presentManifest(state, find(call)),
      headers: { 'Content-Type': 'application/x-yaml' },
    })),
  ];
};
