import { z } from 'zod';
import {
  continueDeployment,
  progressOf,
  statusReason,
  cancelDeployment,
  createDeployment,
  type DeploymentCommand,
} from '../cloud/deployments';
import type { Cloud } from '../cloud/cloud';
import { unprocessable } from '../cloud/errors';
import { requireWritableApp } from '../cloud/packages';
import type { Deployment, Revision } from '../cloud/records';
import type { State } from '../cloud/state';
import { one, parseBody, count, readSize, sizeFields } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { created, get, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { requireRow, visible, requireApp } from './lookup';
import { deployedRevisions, revisionsOf } from '../cloud/revisions';
import { endpointsOf } from './resource';

const guid = z.strictObject({ guid: z.string() });
const maxInFlight = z
  .unknown()
  .refine((count) => typeof count === 'number' && Number.isInteger(count) && count > 0, {
    error: 'Max in flight must be an integer greater than 0',
  })
  .transform(Number);
const STEP = 'Options canary steps instance weight';
const weight = z
  .unknown()
  .refine((percent) => Number.isInteger(percent) && Number(percent) >= 1 && Number(percent) <= 100, {
    error: `${STEP} must be an Integer between 1-100 (inclusive)`,
  })
  .transform(Number);
const steps = z
  .array(z.strictObject({ instance_weight: weight }))
  .transform((given) => given.map(({ instance_weight }) => instance_weight))
  .refine((weights) => weights.every((percent, step) => percent >= (weights[step - 1] ?? 0)), {
    error: `${STEP} must be sorted in ascending order`,
  });
const createSchema = z.strictObject({
  relationships: z.strictObject({ app: one }),
  droplet: guid.nullish(),
  revision: guid.nullish(),
  strategy: z
    .string()
    .refine((strategy) => strategy === 'rolling' || strategy === 'canary', {
      error: ({ input }) => `Strategy '${String(input)}' is not a supported deployment strategy`,
    })
    .nullish(),
  options: z
    .strictObject({
      max_in_flight: maxInFlight.optional(),
      web_instances: count.nullish(),
      ...sizeFields,
      canary: z.strictObject({ steps: steps.nullish() }).nullish(),
    })
    .nullish(),
  metadata,
});

const readCommand = ({
  droplet,
  revision,
  strategy,
  options,
  metadata,
}: z.output<typeof createSchema>): DeploymentCommand => {
  if (droplet && revision) throw unprocessable("Cannot set both fields 'droplet' and 'revision'");
  if (options?.canary && strategy !== 'canary') {
    throw unprocessable('Options canary are only valid for Canary deployments');
  }
  const weights = options?.canary?.steps ?? [];
  return {
    dropletGuid: droplet?.guid,
    revisionGuid: revision?.guid,
    maxInFlight: options?.max_in_flight,
    ...(options && { scale: { instances: options.web_instances ?? undefined, ...readSize(options) } }),
    ...(strategy === 'canary' && { canary: weights.length > 0 ? { weights } : {} }),
    metadata,
  };
};

const presentOptions = ({ maxInFlight, scale, canary }: Deployment) => ({
  max_in_flight: maxInFlight,
  web_instances: scale?.instances,
  memory_in_mb: scale?.memory,
  disk_in_mb: scale?.disk,
  log_rate_limit_in_bytes_per_second: scale?.logRateLimit,
  canary: canary?.weights && { steps: canary.weights.map((percent) => ({ instance_weight: percent })) },
});

export const deployments = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const presentDeployment = (deployment: Deployment, { base }: Pick<Call, 'base'>) => ({
    ...presentRow(deployment),
    state: deployment.reason,
    status: {
      value: deployment.status,
      reason: statusReason(deployment),
      details: {
        last_successful_healthcheck: deployment.lastHealthy,
        last_status_change: deployment.lastStatusChange,
      },
      ...(deployment.canary && { canary: { steps: progressOf(deployment.canary) } }),
    },
    strategy: deployment.canary ? 'canary' : 'rolling',
    options: presentOptions(deployment),
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
      ...(deployment.reason === 'PAUSED'
        ? { continue: { path: `/v3/deployments/${deployment.guid}/actions/continue`, method: 'POST' } }
        : {}),
    }),
  });
  const act = (action: string, change: (after: State, deployment: Deployment) => void): Endpoint =>
    post(`/v3/deployments/:guid/actions/${action}`, 'app:manage', (call) => {
      const row = requireRow(state, call, 'deployments', 'Deployment');
      cloud.transact((after) => change(after, row));
      return { status: 200 };
    });
  const find = (call: Call): Deployment => requireRow(state, call, 'deployments', 'Deployment');
  const deployment = endpointsOf<Deployment>(
    cloud,
    {
      path: '/v3/deployments',
      needs: 'app:read',
      rows: (call) => visible(state, call, state.deployments),
      filters: {
        app_guids: 'appGuid',
        states: 'reason',
        status_values: 'status',
        status_reasons: statusReason,
      },
      present: presentDeployment,
    },
    find,
  );
  return [
    deployment.list,
    deployment.read(),
    post('/v3/deployments', 'app:manage', (call) => {
      const body = parseBody(createSchema, call.text);
      const app = requireWritableApp(state, call.access, body.relationships.app.data.guid, call.needs);
      const command = readCommand(body);
      const made = cloud.transact((after) => createDeployment(after, app, command, cloud.api));
      return created(presentDeployment(made, call));
    }),
    act('cancel', cancelDeployment),
    act('continue', continueDeployment),
  ];
};

const presentRevision = (revision: Revision, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(revision),
  version: revision.version,
  description: revision.description,
  droplet: { guid: revision.dropletGuid },
  processes: Object.fromEntries(Object.entries(revision.commands).map(([type, command]) => [type, { command }])),
  sidecars: (revision.sidecars ?? []).map(({ name, command, processTypes, memory }) => ({
    name,
    command,
    process_types: processTypes,
    memory_in_mb: memory ?? null,
  })),
  deployable: true,
  relationships: { app: toOne(revision.appGuid) },
  metadata: revision.metadata,
  links: links(base, {
    self: `/v3/revisions/${revision.guid}`,
    app: `/v3/apps/${revision.appGuid}`,
    environment_variables: `/v3/revisions/${revision.guid}/environment_variables`,
  }),
});

export const revisions = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Revision => requireRow(state, call, 'revisions', 'Revision');
  const ofApp = (path: string, rows: (state: State, appGuid: string) => readonly Revision[]): Collection<Revision> => ({
    path: `/v3/apps/:guid/revisions${path}`,
    needs: 'app:read',
    rows: (call) => rows(state, requireApp(state, call).guid),
    filters: { versions: (row) => String(row.version) },
    present: presentRevision,
  });
  const revision = endpointsOf(cloud, { ...ofApp('', revisionsOf), path: '/v3/revisions' }, find);
  return [
    list(ofApp('', revisionsOf)),
    list(ofApp('/deployed', deployedRevisions)),
    revision.read(),
    revision.relabel('app:write', state.revisions),
    get('/v3/revisions/:guid/environment_variables', 'secret:read', (call) => ok({ var: find(call).env })),
  ];
};
