import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notFound, unprocessable } from '../cloud/errors';
import { segmentName } from '../cloud/isolation-segments';
import { changeProcess, currentProcess, processesOf, recordTermination } from '../cloud/processes';
import type { Instance, Process, ProcessHealthCheck, Sidecar } from '../cloud/records';
import { sidecarsBeside, sidecarsOf } from '../cloud/sidecars';
import { scaleProcess } from '../cloud/apps';
import { uriPath } from '../cloud/manifest-document';
import { tlsPortOf } from '../tls-port';
import { parseBody, count, duration, readSize, sizeFields } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { del, get, guidOf, noContent, ok, patch, post, type Answer, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { found, requireApp, requireRow, visible } from './lookup';

const MEGABYTE = 1024 * 1024;
const FILE_DESCRIPTORS = 16384;

const presentHealthCheck = (check: ProcessHealthCheck, withTimeout: boolean) => ({
  type: check.type,
  data: {
    ...(withTimeout ? { timeout: check.timeout ?? null } : {}),
    invocation_timeout: check.invocationTimeout ?? null,
    interval: check.interval ?? null,
    ...(check.type === 'http' ? { endpoint: check.endpoint ?? null } : {}),
  },
});

/** @param label the check's name in messages: `Health check` */
const healthCheck = (label: string) =>
  z
    .strictObject({
      type: z.enum(['port', 'http', 'process'], `${label} type must be "port", "process", or "http"`).optional(),
      data: z
        .strictObject({
          timeout: duration.nullish(),
          invocation_timeout: duration.nullish(),
          interval: duration.nullish(),
          endpoint: uriPath(`${label} endpoint`).nullish(),
        })
        .optional(),
    })
    .refine(({ type = 'http', data }) => type === 'http' || typeof data?.endpoint !== 'string', {
      error: `${label} type must be "http" to set a health check HTTP endpoint`,
    });
const presentSidecar = (sidecar: Sidecar) => ({
  ...presentRow(sidecar),
  name: sidecar.name,
  command: sidecar.command,
  process_types: sidecar.processTypes,
  memory_in_mb: sidecar.memory ?? null,
  origin: 'user',
  relationships: { app: toOne(sidecar.appGuid) },
});

const LENGTH = 'must be between 1 and 4096 characters';
const updateSchema = z.strictObject({
  command: z.string().min(1, LENGTH).max(4096, LENGTH).nullish(),
  health_check: healthCheck('Health check').optional(),
  readiness_health_check: healthCheck('Readiness health check').optional(),
  metadata,
});
const scaleSchema = z.strictObject({
  instances: count.nullish(),
  ...sizeFields,
});

const readHealthCheck = (given: z.output<ReturnType<typeof healthCheck>> | undefined): Partial<ProcessHealthCheck> => ({
  type: given?.type,
  timeout: given?.data?.timeout ?? undefined,
  invocationTimeout: given?.data?.invocation_timeout ?? undefined,
  interval: given?.data?.interval ?? undefined,
  endpoint: given?.data?.endpoint ?? undefined,
});

export const processes = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;

  const presentProcess = (process: Process, { base }: Pick<Call, 'base'>) => ({
    ...presentRow(process),
    type: process.type,
    version: process.desired?.version ?? process.guid,
    command: process.command ?? state.droplets.get(process.desired?.dropletGuid)?.processTypes[process.type] ?? null,
    instances: process.instances,
    memory_in_mb: process.memory,
    disk_in_mb: process.disk,
    log_rate_limit_in_bytes_per_second: process.logRateLimit,
    health_check: presentHealthCheck(process.healthCheck, true),
    readiness_health_check: presentHealthCheck(process.readinessHealthCheck, false),
    relationships: {
      app: toOne(process.appGuid),
      revision: toOne(process.desired?.revisionGuid),
    },
    metadata: process.metadata,
    links: links(base, {
      self: `/v3/processes/${process.guid}`,
      scale: { path: `/v3/processes/${process.guid}/actions/scale`, method: 'POST' },
      app: `/v3/apps/${process.appGuid}`,
      space: `/v3/spaces/${state.apps.expect(process.appGuid).spaceGuid}`,
      stats: `/v3/processes/${process.guid}/stats`,
    }),
  });

  const presentInstance = async (process: Process, { guid, spec }: Instance) => {
    const report = cloud.scheduler.reportOf(guid);
    const now = state.clock.now();
    const usage = await cloud.cell.usage(guid);
    return {
      type: process.type,
      index: spec.index,
      instance_guid: guid,
      state: report?.state ?? 'STARTING',
      routable: report?.state === 'RUNNING' && report.routable !== false,
      host: report?.address ?? '',
      instance_internal_ip: report?.address ?? '',
      uptime: Math.max(0, Math.floor((now - (report?.since ?? now)) / 1000)),
      mem_quota: spec.memory * MEGABYTE,
      disk_quota: spec.disk * MEGABYTE,
      log_rate_limit: process.logRateLimit,
      fds_quota: FILE_DESCRIPTORS,
      isolation_segment: segmentName(state, state.spaces.expect(spec.spaceGuid)),
      details: report?.details ?? null,
      instance_ports: spec.ports.map((internal) => ({
        external: 0,
        internal,
        external_tls_proxy_port: null,
        internal_tls_proxy_port: tlsPortOf(internal) ?? null,
      })),
      usage: {
        time: new Date(now).toISOString(),
        cpu: usage?.cpu ?? 0,
        cpu_entitlement: null,
        mem: usage?.memory ?? 0,
        disk: usage?.disk ?? 0,
        log_rate: usage?.logRate ?? 0,
      },
    };
  };

  const presentStats = async (process: Process): Promise<Answer> => {
    const running = state.instances.where(({ processGuid }) => processGuid === process.guid);
    // At once, since a container engine takes up to a second for each container's usage.
    const resources = await Promise.all(
      Array.from({ length: process.instances }, (_, index) => {
        const instance = running.find(({ spec }) => spec.index === index);
        return instance
          ? presentInstance(process, instance)
          : Promise.resolve({ type: process.type, index, state: 'DOWN', uptime: 0, details: null, routable: false });
      }),
    );
    return ok({ resources });
  };

  /** The instances, each with the number of seconds in its state. */
  const presentStates = (process: Process, { base, path }: Call) => ({
    resources: state.instances
      .where(({ processGuid }) => processGuid === process.guid)
      .map(({ guid, spec }) => {
        const report = cloud.scheduler.reportOf(guid);
        const now = state.clock.now();
        const since = Math.max(0, Math.floor((now - (report?.since ?? now)) / 1000));
        return { index: spec.index, state: report?.state ?? 'STARTING', since };
      })
      .sort((a, b) => a.index - b.index),
    links: links(base, { self: path, process: `/v3/processes/${process.guid}` }),
  });

  const byGuid = (call: Call): Process => requireRow(state, call, 'processes', 'Process');
  const byType = (call: Call): Process => {
    const app = requireApp(state, call);
    return found(currentProcess(state, app.guid, guidOf(call, 'type')), 'Process');
  };

  /** The endpoints of a process, found by its own GUID or by its type in an application. */
  const operations = (path: string, find: (call: Call) => Process): readonly Endpoint[] => [
    get(path, 'app:read', (call) => ok(presentProcess(find(call), call))),
    patch(path, 'app:write', (call) => {
      const process = find(call);
      const body = parseBody(updateSchema, call.text);
      const command = {
        command: body.command,
        healthCheck: readHealthCheck(body.health_check),
        readinessHealthCheck: readHealthCheck(body.readiness_health_check),
        metadata: body.metadata,
      };
      const changed = cloud.transact((after) => changeProcess(after, process, command));
      return ok(presentProcess(changed, call));
    }),
    post(`${path}/actions/scale`, 'app:manage', (call) => {
      const process = find(call);
      const body = parseBody(scaleSchema, call.text);
      const scale = { instances: body.instances ?? undefined, ...readSize(body) };
      const scaled = cloud.transact((after) => scaleProcess(after, process, scale, cloud.api));
      return { status: 202, body: presentProcess(scaled, call) };
    }),
    get(`${path}/stats`, 'app:read', (call) => presentStats(find(call))),
    get(`${path}/process_instances`, 'app:read', (call) => ok(presentStates(find(call), call))),
    list({
      path: `${path}/sidecars`,
      needs: 'app:read',
      rows: (call) => sidecarsBeside(state, find(call)),
      present: presentSidecar,
    }),
    del(`${path}/instances/:index`, 'app:manage', (call) => {
      const process = find(call);
      const index = Number(guidOf(call, 'index'));
      const instance = state.instances.find(
        ({ processGuid, spec }) => processGuid === process.guid && spec.index === index,
      );
      if (!instance) {
        throw Number.isInteger(index) ? notFound('Instance') : unprocessable('Instance index must be a number');
      }
      cloud.scheduler.replace(instance.guid, (after) => recordTermination(after, process, index));
      return noContent;
    }),
  ];

  const filters: Collection<Process>['filters'] = {
    guids: 'guid',
    types: 'type',
    app_guids: 'appGuid',
    space_guids: (row) => state.apps.get(row.appGuid)?.spaceGuid,
  };
  return [
    list({
      path: '/v3/processes',
      needs: 'app:read',
      rows: (call) => visible(state, call, state.processes),
      reads: () => state.droplets.revision,
      filters,
      present: presentProcess,
    }),
    list({
      path: '/v3/apps/:guid/processes',
      needs: 'app:read',
      rows: (call) => {
        const app = requireApp(state, call);
        return processesOf(state, app.guid);
      },
      filters: { guids: 'guid', types: 'type' },
      present: presentProcess,
    }),
    // Manifests create and change them.
    list({
      path: '/v3/apps/:guid/sidecars',
      needs: 'app:read',
      rows: (call) => sidecarsOf(state, requireApp(state, call).guid),
      present: presentSidecar,
    }),
    ...operations('/v3/processes/:guid', byGuid),
    ...operations('/v3/apps/:guid/processes/:type', byType),
  ];
};
