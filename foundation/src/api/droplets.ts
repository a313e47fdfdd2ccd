import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { copyDroplet } from '../cloud/droplets';
import { unprocessable } from '../cloud/errors';
import type { Droplet } from '../cloud/records';
import { one, parseBody } from './body';
import { list, type Collection } from './collection';
import { created, fileOf, get, ok, post, type Call, type Endpoint } from './endpoint';
import { presentLifecycle } from './lifecycle';
import { found, requireApp, requireRow, visible } from './lookup';
import { links, presentRow, toOne } from './present';

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
    guids: (row) => row.guid,
    states: () => 'STAGED',
    app_guids: (row) => row.appGuid,
  };
  return [
    list({
      path: '/v3/droplets',
      needs: 'app:read',
      rows: (call) => visible(state, call, state.droplets),
      filters,
      present: presentDroplet,
    }),
    list({
      path: '/v3/packages/:guid/droplets',
      needs: 'app:read',
      rows: (call) => {
        const { guid } = requireRow(state, call, 'packages', 'Package');
        return state.droplets.where(({ packageGuid }) => packageGuid === guid);
      },
      filters,
      present: presentDroplet,
    }),
    list({
      path: '/v3/apps/:guid/droplets',
      needs: 'app:read',
      rows: (call) => {
        const { guid } = requireApp(state, call);
        return state.droplets.ofApp(guid);
      },
      filters: {
        ...filters,
        current: (row) => String(state.apps.get(row.appGuid)?.currentDropletGuid === row.guid),
      },
      present: presentDroplet,
    }),
    get('/v3/apps/:guid/droplets/current', 'app:read', (call) => {
      const app = requireApp(state, call);
      const droplet = found(state.droplets.get(app.currentDropletGuid), 'Droplet');
      return ok(presentDroplet(droplet, call));
    }),
    get('/v3/droplets/:guid', 'app:read', (call) =>
      ok(presentDroplet(requireRow(state, call, 'droplets', 'Droplet'), call)),
    ),
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
          const droplet = copyDroplet(after, source, target);
          cloud.blobs.copy('droplets', source.guid, droplet.guid);
          return droplet;
        });
        return created(presentDroplet(copy, call));
      },
      { query: ['source_guid'] },
    ),
  ];
};
