import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { cancelDeployment, createDeployment } from '../cloud/deployments';
import { unprocessable } from '../cloud/errors';
import { requireWritableApp } from '../cloud/packages';
import type { Deployment } from '../cloud/records';
import { metadata, one, parseBody } from './body';
import { list } from './collection';
import { created, get, ok, post, type Call, type Endpoint } from './endpoint';
import { requireRow, visible } from './lookup';
import { links, presentRow, toOne } from './present';

const guid = z.strictObject({ guid: z.string() });
const maxInFlight = z
  .unknown()
  .refine((count) => typeof count === 'number' && Number.isInteger(count) && count > 0, {
    error: 'Max in flight must be an integer greater than 0',
  })
  .transform(Number);
const createSchema = z.strictObject({
  relationships: z.strictObject({ app: one }),
  droplet: guid.nullish(),
  revision: guid.nullish(),
  strategy: z
    .string()
    .refine((strategy) => strategy === 'rolling', {
      error: ({ input }) => `Strategy '${String(input)}' is not a supported deployment strategy`,
    })
    .nullish(),
  options: z.strictObject({ max_in_flight: maxInFlight.optional() }).nullish(),
  metadata,
});

export const deployments = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const presentDeployment = (deployment: Deployment, { base }: Pick<Call, 'base'>) => ({
    ...presentRow(deployment),
    state: deployment.reason,
    status: {
      value: deployment.status,
      reason: deployment.reason,
      details: {
        last_successful_healthcheck: deployment.lastHealthy,
        last_status_change: deployment.lastStatusChange,
      },
    },
    strategy: deployment.strategy,
    options: { max_in_flight: deployment.maxInFlight },
    droplet: { guid: deployment.dropletGuid },
    previous_droplet: deployment.previousDropletGuid === undefined ? null : { guid: deployment.previousDropletGuid },
    new_processes: [{ guid: deployment.processGuid, type: 'web' }],
    revision: {
      guid: deployment.revisionGuid,
      version: state.revisions.get(deployment.revisionGuid)?.version ?? null,
    },
    relationships: { app: toOne(deployment.appGuid) },
    metadata: deployment.metadata,
    links: links(base, {
      self: `/v3/deployments/${deployment.guid}`,
      app: `/v3/apps/${deployment.appGuid}`,
      ...(deployment.status === 'ACTIVE'
        ? { cancel: { path: `/v3/deployments/${deployment.guid}/actions/cancel`, method: 'POST' } }
        : {}),
    }),
  });
  return [
    list({
      path: '/v3/deployments',
      needs: 'app:read',
      rows: (call) => visible(state, call, state.deployments),
      filters: {
        app_guids: (row) => row.appGuid,
        states: (row) => row.reason,
        status_values: (row) => row.status,
        status_reasons: (row) => row.reason,
      },
      present: presentDeployment,
    }),
    get('/v3/deployments/:guid', 'app:read', (call) =>
      ok(presentDeployment(requireRow(state, call, 'deployments', 'Deployment'), call)),
    ),
    post('/v3/deployments', 'app:manage', (call) => {
      const body = parseBody(createSchema, call.text);
      const app = requireWritableApp(state, call.access, body.relationships.app.data.guid, call.needs);
      if (body.droplet && body.revision) {
        throw unprocessable("Cannot set both fields 'droplet' and 'revision'");
      }
      const command = {
        dropletGuid: body.droplet?.guid,
        revisionGuid: body.revision?.guid,
        maxInFlight: body.options?.max_in_flight,
        metadata: body.metadata,
      };
      return created(
        presentDeployment(
          cloud.transact((after) => createDeployment(after, app, command, cloud.api)),
          call,
        ),
      );
    }),
    post('/v3/deployments/:guid/actions/cancel', 'app:manage', (call) => {
      const deployment = requireRow(state, call, 'deployments', 'Deployment');
      cloud.transact((after) => {
        cancelDeployment(after, deployment);
      });
      return { status: 200 };
    }),
  ];
};
