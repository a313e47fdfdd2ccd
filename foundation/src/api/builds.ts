import { z } from 'zod';
import { createBuild } from '../cloud/builds';
import type { Cloud } from '../cloud/cloud';
import type { Build } from '../cloud/records';
import { parseBody } from './body';
import { metadata } from '../cloud/metadata-document';
import { list } from './collection';
import { created, get, ok, post, type Call, type Endpoint } from './endpoint';
import { lifecycle, presentLifecycle, readLifecycle } from './lifecycle';
import { STAGING_DISK_MB, STAGING_MEMORY_MB } from '../limits';
import { requireApp, requireRow, visible } from './lookup';
import { links, presentRow, toOne } from './present';

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
  return [
    list({
      path: '/v3/builds',
      needs: 'app:read',
      rows: (call) => visible(state, call, state.builds),
      filters: {
        states: (row) => row.state,
        app_guids: (row) => row.appGuid,
        package_guids: (row) => row.packageGuid,
      },
      present: presentBuild,
    }),
    list({
      path: '/v3/apps/:guid/builds',
      needs: 'app:read',
      rows: (call) => state.builds.ofApp(requireApp(state, call).guid),
      filters: { states: (row) => row.state },
      present: presentBuild,
    }),
    get('/v3/builds/:guid', 'app:read', (call) => ok(presentBuild(requireRow(state, call, 'builds', 'Build'), call))),
    post('/v3/builds', 'app:write', (call) => {
      const body = parseBody(createSchema, call.text);
      const command = {
        packageGuid: body.package.guid,
        lifecycle: body.lifecycle && readLifecycle(body.lifecycle),
        metadata: body.metadata,
      };
      const build = cloud.transact((after) => createBuild(after, call.access, command));
      cloud.stager.stage(build);
      return created(presentBuild(build, call));
    }),
  ];
};
