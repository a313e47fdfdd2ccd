import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { copyDroplet, createBuild } from '../cloud/staging';
import { unprocessable } from '../cloud/errors';
import type { Droplet, Build } from '../cloud/records';
import { one, parseBody } from './body';
import { list, type Collection } from './collection';
import { created, fileOf, get, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { presentLifecycle, lifecycle } from '../cloud/buildpacks';
import { found, requireApp, requireRow, visible } from './lookup';
import { metadata } from '../cloud/metadata';
import { STAGING_DISK_MB, STAGING_MEMORY_MB } from '../limits';
import { endpointsOf } from './resource';

const execution = ({ execution: facts }: Droplet): string =>
  facts
    ? JSON.stringify({
        cmd: facts.cmd,
        entrypoint: facts.entrypoint,
        workdir: facts.workdir,
        ports: facts.ports.map((port) => ({ Port: port, Protocol: 'tcp' })),
        user: facts.user,
      })
    : '';

const copySchema = z.strictObject({ relationships: z.strictObject({ app: one }) });

const presentDroplet = (droplet: Droplet, { base }: Pick<Call, 'base'>) => {
  // The name that the buildpack itself reports, which is shorter than the one it is installed under.
  const { lifecycle, detectedBuildpack: ownName } = droplet;
  return {
    ...presentRow(droplet),
    state: 'STAGED',
    error: null,
    lifecycle: { type: lifecycle.type, data: {} },
    execution_metadata: execution(droplet),
    process_types: droplet.processTypes,
    checksum: droplet.checksum === undefined ? null : { type: 'sha256', value: droplet.checksum },
    buildpacks:
      ownName === undefined
        ? []
        : [{ name: `${ownName}_buildpack`, detect_output: ownName, version: null, buildpack_name: ownName }],
    stack: lifecycle.type === 'buildpack' ? presentLifecycle(lifecycle).data.stack : null,
    image: droplet.image ?? null,
    relationships: { app: toOne(droplet.appGuid) },
    metadata: droplet.metadata,
    links: links(base, {
      self: `/v3/droplets/${droplet.guid}`,
      ...(droplet.packageGuid !== undefined && { package: `/v3/packages/${droplet.packageGuid}` }),
      app: `/v3/apps/${droplet.appGuid}`,
    }),
  };
};

export const droplets = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const filters: Collection<Droplet>['filters'] = {
    guids: 'guid',
    states: () => 'STAGED',
    app_guids: 'appGuid',
  };
  const collection: Collection<Droplet> = {
    path: '/v3/droplets',
    needs: 'app:read',
    rows: (call) => visible(state, call, state.droplets),
    filters,
    present: presentDroplet,
  };
  const droplet = endpointsOf(cloud, collection, (call) => requireRow(state, call, 'droplets', 'Droplet'));
  return [
    droplet.list,
    list({
      ...collection,
      path: '/v3/packages/:guid/droplets',
      rows: (call) => {
        const { guid } = requireRow(state, call, 'packages', 'Package');
        return state.droplets.where(({ packageGuid }) => packageGuid === guid);
      },
    }),
    list({
      ...collection,
      path: '/v3/apps/:guid/droplets',
      rows: (call) => state.droplets.ofApp(requireApp(state, call).guid),
      filters: {
        ...filters,
        current: (row) => String(state.apps.get(row.appGuid)?.currentDropletGuid === row.guid),
      },
    }),
    get('/v3/apps/:guid/droplets/current', 'app:read', (call) => {
      const { currentDropletGuid } = requireApp(state, call);
      return ok(presentDroplet(found(state.droplets.get(currentDropletGuid), 'Droplet'), call));
    }),
    droplet.read(),
    get('/v3/droplets/:guid/download', 'app:write', (call) => {
      const { guid, image } = requireRow(state, call, 'droplets', 'Droplet');
      if (image !== undefined) throw unprocessable('Cannot download droplets with Docker lifecycle.');
      return fileOf(cloud.blobs.path('droplets', guid));
    }),
    post(
      '/v3/droplets',
      'app:write',
      (call) => {
        const { app } = parseBody(copySchema, call.text).relationships;
        const from = call.query['source_guid'];
        if (from === undefined) {
          throw unprocessable('This foundation creates droplets by staging, or copies the one that source_guid names');
        }
        const source = requireRow(state, { ...call, needs: 'app:read' }, 'droplets', 'Droplet', from);
        const target = requireRow(state, call, 'apps', 'App', app.data.guid);
        const copy = cloud.transact((after) => {
          const made = copyDroplet(after, source, target);
          cloud.blobs.copy('droplets', source.guid, made.guid);
          return made;
        });
        return created(presentDroplet(copy, call));
      },
      { query: ['source_guid'] },
    ),
  ];
};

const createSchema = z.strictObject({
  package: z.strictObject({ guid: z.string() }),
  lifecycle: lifecycle.optional(),
  staging_memory_in_mb: z.number().int().positive().optional(),
  staging_disk_in_mb: z.number().int().positive().optional(),
  staging_log_rate_limit_bytes_per_second: z.number().int().optional(),
  metadata,
});

export const builds = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const presentBuild = (build: Build, { base }: Pick<Call, 'base'>) => ({
    ...presentRow(build),
    state: build.state,
    error: build.error,
    staging_memory_in_mb: STAGING_MEMORY_MB,
    staging_disk_in_mb: STAGING_DISK_MB,
    staging_log_rate_limit_bytes_per_second: -1,
    lifecycle: presentLifecycle(build.lifecycle),
    package: { guid: build.packageGuid },
    droplet: build.dropletGuid === undefined ? null : { guid: build.dropletGuid },
    created_by: { guid: build.createdBy, name: state.users.get(build.createdBy)?.username ?? '', email: '' },
    relationships: { app: toOne(build.appGuid) },
    metadata: build.metadata,
    links: links(base, {
      self: `/v3/builds/${build.guid}`,
      app: `/v3/apps/${build.appGuid}`,
      ...(build.dropletGuid === undefined ? {} : { droplet: `/v3/droplets/${build.dropletGuid}` }),
    }),
  });
  const collection: Collection<Build> = {
    path: '/v3/builds',
    needs: 'app:read',
    rows: (call) => visible(state, call, state.builds),
    filters: { states: 'state', app_guids: 'appGuid', package_guids: 'packageGuid' },
    present: presentBuild,
  };
  const build = endpointsOf(cloud, collection, (call) => requireRow(state, call, 'builds', 'Build'));
  return [
    build.list,
    list({
      ...collection,
      path: '/v3/apps/:guid/builds',
      rows: (call) => state.builds.ofApp(requireApp(state, call).guid),
      filters: { states: 'state' },
    }),
    build.read(),
    post('/v3/builds', 'app:write', (call) => {
      const body = parseBody(createSchema, call.text);
      const command = {
        packageGuid: body.package.guid,
        lifecycle: body.lifecycle,
        metadata: body.metadata,
      };
      const made = cloud.transact((after) => createBuild(after, command, call.access));
      cloud.stager.stage(made);
      return created(presentBuild(made, call));
    }),
  ];
};
