import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Task } from '../cloud/records';
import { cancelTask, createTask } from '../cloud/tasks';
import { parseBody, logRate, positive, readSize } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { post, put, type Answer, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { requireApp, requireRow, visible } from './lookup';
import { endpointsOf } from './resource';

const MAX_COMMAND = 4096;

const size = positive.nullish();
const createSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]+$/u, 'is invalid')
    .max(250, 'is too long (maximum is 250 characters)')
    .nullish(),
  command: z
    .string()
    .max(MAX_COMMAND, `must be shorter than ${MAX_COMMAND + 1} characters`)
    .nullish(),
  template: z.strictObject({ process: z.strictObject({ guid: z.string() }) }).nullish(),
  memory_in_mb: size,
  disk_in_mb: size,
  log_rate_limit_in_bytes_per_second: logRate.nullish(),
  droplet_guid: z.string().nullish(),
  metadata,
});

/** The platform shows a task that waits for its container as running. */
const shownState = ({ state }: Task): Task['state'] => (state === 'PENDING' ? 'RUNNING' : state);

const presentTask = (task: Task, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(task),
  sequence_id: task.sequenceId,
  name: task.name,
  state: shownState(task),
  memory_in_mb: task.memory,
  disk_in_mb: task.disk,
  log_rate_limit_in_bytes_per_second: task.logRateLimit,
  result: { failure_reason: task.failureReason },
  droplet_guid: task.dropletGuid,
  relationships: { app: toOne(task.appGuid) },
  metadata: task.metadata,
  links: links(base, {
    self: `/v3/tasks/${task.guid}`,
    app: `/v3/apps/${task.appGuid}`,
    cancel: { path: `/v3/tasks/${task.guid}/actions/cancel`, method: 'POST' },
    droplet: `/v3/droplets/${task.dropletGuid}`,
  }),
});

/** @see https://v3-apidocs.cloudfoundry.org/#tasks */
export const tasks = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const spaceOf = (task: Task) => state.apps.expect(task.appGuid).spaceGuid;
  const find = (call: Call): Task => requireRow(state, call, 'tasks', 'Task');

  /** A command may contain a secret, so a list of all applications' tasks never shows it. */
  const presentWhole = (task: Task, call: Call) => ({
    ...presentTask(task, call),
    ...(call.access.inSpace('secret:read', spaceOf(task)) && { command: task.command }),
  });
  const accepted = (task: Task, call: Call): Answer => ({ status: 202, body: presentWhole(task, call) });
  const cancel = (call: Call): Answer => {
    const task = find(call);
    const changed = cloud.transact((after) => cancelTask(after, task));
    return accepted(changed, call);
  };

  const filters: Collection<Task>['filters'] = {
    guids: 'guid',
    names: 'name',
    states: shownState,
  };
  const collection: Collection<Task> = {
    path: '/v3/tasks',
    needs: 'app:read',
    rows: (call) => visible(state, call, state.tasks),
    filters: {
      ...filters,
      app_guids: 'appGuid',
      space_guids: spaceOf,
      organization_guids: (row) => state.spaces.expect(spaceOf(row)).organizationGuid,
    },
    present: presentTask,
  };
  const task = endpointsOf(cloud, { ...collection, present: presentWhole }, find);
  return [
    list(collection),
    list({
      path: '/v3/apps/:guid/tasks',
      needs: 'app:read',
      rows: (call) => {
        const { guid } = requireApp(state, call);
        return state.tasks.ofApp(guid);
      },
      filters: { ...filters, sequence_ids: (row) => String(row.sequenceId) },
      present: presentWhole,
    }),
    task.read(),
    post('/v3/apps/:guid/tasks', 'app:write', (call) => {
      const app = requireApp(state, call);
      const body = parseBody(createSchema, call.text);
      const command = {
        name: body.name ?? undefined,
        command: body.command ?? undefined,
        templateGuid: body.template?.process.guid,
        ...readSize(body),
        dropletGuid: body.droplet_guid ?? undefined,
        metadata: body.metadata,
      };
      const changed = cloud.transact((after) => createTask(after, app, command, cloud.api));
      return accepted(changed, call);
    }),
    task.relabel('app:write', state.tasks),
    post('/v3/tasks/:guid/actions/cancel', 'app:manage', cancel),
    put('/v3/tasks/:guid/cancel', 'app:manage', cancel, { note: 'the older way to cancel, which the cf CLI uses' }),
  ];
};
