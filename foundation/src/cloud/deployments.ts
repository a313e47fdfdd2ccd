/**
 * Rolling and canary deployments. A second web process grows while the first one shrinks, so there are never fewer
 * serving instances than desired. A canary deployment pauses on the way until a user continues it.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/rolling-deploy.html
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/canary-deploy.html
 */
import type { Deployment, Canary, App, DeploymentReason, Process, Scale } from './records';
import type { State } from './state';
import { unprocessable } from './errors';
import { recordOfPart, recordOfApp } from './events';
import { assignDroplet } from './staging';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import { currentProcess, desireContainers, updateProcess } from './processes';
import { isWithinQuota, requireDeploymentWithinQuota } from './quotas';
import { resolveRevision, rollBackRevision } from './revisions';
import { requireRoomForSidecars } from './sidecars';

/** The reason that the API shows, which doesn't tell a deployment before its pause from any other. */
export const statusReason = ({ reason }: Deployment): string => (reason === 'PREPAUSED' ? 'DEPLOYING' : reason);

/** Sets the status, with the current time. */
const changeStatus = (
  state: State,
  deployment: Deployment,
  change: Partial<Deployment> & Pick<Deployment, 'reason'>,
): void => {
  const now = state.now();
  state.deployments.put({ ...deployment, ...change, updatedAt: now, lastStatusChange: now });
};

/** The numbers of instances at the end of a deployment's current step. */
export interface Target {
  /** Instances of the new process. */
  readonly fresh: number;
  /** Instances of all web processes. */
  readonly total: number;
}

const countSteps = ({ weights }: Canary): number => weights?.length ?? 1;

/** The progress that the deployment's status shows. */
export const progressOf = (canary: Canary): { current: number; total: number } => ({
  current: canary.step,
  total: countSteps(canary),
});

type Plan = Pick<Deployment, 'instances' | 'scale' | 'canary' | 'reason'>;

/** The number of instances at the end of the deployment. */
const instancesAtEnd = ({ instances, scale }: Pick<Plan, 'instances' | 'scale'>): number =>
  scale?.instances ?? instances;

/**
 * During a canary deployment, one more instance runs than before, except in a step of 100 percent. Without configured
 * steps, the deployment pauses after the first new instance.
 */
export const targetOf = (plan: Plan): Target => {
  const { instances, canary, reason } = plan;
  if (canary === undefined || reason === 'DEPLOYING') {
    const end = instancesAtEnd(plan);
    return { fresh: end, total: end };
  }
  const weight = canary.weights?.[canary.step - 1] ?? 0;
  const fresh = Math.max(1, Math.round((instances * weight) / 100));
  return { fresh, total: weight === 100 ? fresh : instances + 1 };
};

/** Pauses for the user to evaluate the step, once its instances are routable. */
const pauseDeployment = (state: State, deployment: Deployment): void =>
  changeStatus(state, deployment, { reason: 'PAUSED', lastHealthy: state.now() });

/** Continues with the next step, or after the last one with the rest of the deployment. */
export const continueDeployment = (state: State, deployment: Deployment): void => {
  const { canary, reason, status } = deployment;
  if (canary === undefined || reason !== 'PAUSED') {
    throw unprocessable(`Cannot continue a deployment with status: ${status} and reason: ${statusReason(deployment)}`);
  }
  recordOfPart(state, 'deployment.continue', deployment, { deployment_guid: deployment.guid });
  changeStatus(
    state,
    deployment,
    canary.step < countSteps(canary)
      ? { reason: 'PREPAUSED', canary: { ...canary, step: canary.step + 1 } }
      : { reason: 'DEPLOYING' },
  );
};

export const activeDeployment = (state: State, appGuid: string): Deployment | undefined =>
  state.deployments.find((deployment) => deployment.appGuid === appGuid && deployment.status === 'ACTIVE');

const webProcesses = (state: State, appGuid: string): Process[] =>
  state.processes.where((process) => process.appGuid === appGuid && process.type === 'web');

const finalize = (state: State, deployment: Deployment, reason: DeploymentReason): void =>
  changeStatus(state, deployment, { status: 'FINALIZED', reason });

export interface DeploymentCommand {
  readonly dropletGuid?: string;
  /** Rolls back to the droplet and environment of this revision. */
  readonly revisionGuid?: string;
  readonly maxInFlight?: number;
  /** @default - a rolling deployment */
  readonly canary?: Pick<Canary, 'weights'>;
  readonly scale?: Scale;
  readonly metadata?: MetadataPatch | null;
}

const contentOf = (state: State, app: App, command: DeploymentCommand) => {
  const revision = state.revisions.get(command.revisionGuid);
  if (command.revisionGuid !== undefined && !app.revisionsEnabled) {
    throw unprocessable('Cannot create deployment from a revision for an app without revisions enabled');
  }
  if (command.revisionGuid !== undefined && revision?.appGuid !== app.guid) {
    throw unprocessable('The revision does not exist');
  }
  const droplet = state.droplets.get(revision?.dropletGuid ?? command.dropletGuid ?? app.currentDropletGuid);
  if (droplet?.appGuid !== app.guid) {
    throw unprocessable(
      command.dropletGuid === undefined
        ? 'Invalid droplet. Please specify a droplet in the request or set a current droplet for the app.'
        : 'Unable to assign current droplet. Ensure the droplet exists and belongs to this app.',
    );
  }
  return { revision, droplet };
};

/** Starts a stopped application at once; replaces a running one instance by instance. */
export const createDeployment = (state: State, app: App, command: DeploymentCommand, api: string): Deployment => {
  const { revision: rollback, droplet } = contentOf(state, app, command);
  const before = currentProcess(state, app.guid, 'web');
  if (!before) throw unprocessable('Cannot create a deployment for an app without a web process.');
  const { scale, maxInFlight = 1 } = command;
  if (scale && app.state === 'STARTED') requireEndWithinQuota(state, app, before, scale);
  const superseded = activeDeployment(state, app.guid);
  const instances = superseded?.instances ?? before.instances;
  if (superseded) finalize(state, superseded, 'SUPERSEDED');
  const assigned = assignDroplet(state, app, droplet);
  const target = state.apps.put({ ...assigned, state: 'STARTED', env: rollback?.env ?? assigned.env });
  const command_ = rollback ? (rollback.commands['web'] ?? undefined) : before.command;
  const canary = command.canary && { ...command.canary, step: 1 };
  const plan = { instances, scale, canary, reason: canary ? 'PREPAUSED' : 'DEPLOYING' } as const;
  const grown = app.state === 'STARTED' ? Math.min(maxInFlight, targetOf(plan).fresh) : instancesAtEnd(plan);
  const cloned: Process = { ...before, ...state.stamp(), command: command_, desired: undefined };
  const process = updateProcess(state, cloned, { ...scale, instances: grown });
  requireRoomForSidecars(state, process);
  const revision = rollback ? rollBackRevision(state, target, rollback) : resolveRevision(state, target, droplet);
  state.processes.put({ ...process, desired: desireContainers(state, target, process, revision, api) });
  const deployment = state.deployments.put({
    ...state.stamp(),
    appGuid: app.guid,
    status: 'ACTIVE',
    ...plan,
    maxInFlight,
    dropletGuid: droplet.guid,
    previousDropletGuid: app.currentDropletGuid,
    revisionGuid: revision.guid,
    processGuid: process.guid,
    lastStatusChange: state.now(),
    lastHealthy: state.now(),
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  recordOfApp(state, 'deployment.create', app, {
    deployment_guid: deployment.guid,
    droplet_guid: droplet.guid,
    revision_guid: revision.guid,
    type: rollback ? 'rollback' : 'deploy',
    strategy: canary ? 'canary' : 'rolling',
  });
  if (app.state === 'STOPPED') finishDeployment(state, deployment, api);
  requireDeploymentWithinQuota(state, target);
  return state.deployments.expect(deployment.guid);
};

/** Refuses a deployment whose final size exceeds a quota, even if it starts smaller. */
const requireEndWithinQuota = (state: State, app: App, process: Process, scale: Scale): void => {
  updateProcess(state, process, scale);
  requireDeploymentWithinQuota(state, app);
  state.processes.put(process);
};

/** Makes the new process the web process, and restarts processes of other types with its revision. */
const finishDeployment = (state: State, deployment: Deployment, api: string): void => {
  const { appGuid, processGuid } = deployment;
  const app = state.apps.expect(appGuid);
  const revision = state.revisions.expect(deployment.revisionGuid);
  for (const process of state.processes.where((candidate) => candidate.appGuid === appGuid)) {
    if (process.guid === processGuid) {
      // A canary step may have more instances than the deployment has at its end.
      state.processes.put({ ...process, instances: instancesAtEnd(deployment) });
      continue;
    }
    if (process.type === 'web') {
      state.processes.delete(process.guid);
    } else {
      const restarted: Process = { ...process, command: revision.commands[process.type] ?? undefined };
      state.processes.put({ ...restarted, desired: desireContainers(state, app, restarted, revision, api) });
    }
  }
  finalize(state, deployment, 'DEPLOYED');
};

/** Counts of a process's instances. */
export interface InstanceCounts {
  /** Running and, if there is a readiness check, ready. */
  readonly routable: number;
  /** Not yet routable. */
  readonly starting: number;
  /** Crashed, and waiting for a restart. */
  readonly unhealthy: number;
}

type Count = (processGuid: string) => InstanceCounts;

/**
 * Advances a deployment by one step unless it is paused. For each new instance that becomes routable, it removes an old
 * one and starts another new one, with at most `maxInFlight` starting at any time. It starts none while one is crashed,
 * or while a quota has no room for it because others have used what was left when the deployment began.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/rolling-deploy.html#limitations
 */
export const advanceDeployment = (state: State, deployment: Deployment, count: Count, api: string): void => {
  if (deployment.reason === 'CANCELING') {
    finishCancellation(state, deployment, count);
    return;
  }
  const fresh = state.processes.get(deployment.processGuid);
  if (!fresh || deployment.reason === 'PAUSED') return;
  const target = targetOf(deployment);
  const { routable, starting, unhealthy } = count(fresh.guid);
  const arrived = routable >= target.fresh;
  if (arrived && deployment.reason === 'DEPLOYING') {
    finishDeployment(state, deployment, api);
    return;
  }
  const stale = webProcesses(state, deployment.appGuid).filter((process) => process.guid !== fresh.guid);
  let surplus = routable - target.total;
  for (const process of stale) surplus += process.instances;
  const resized: Process[] = [];
  // Instances of a superseded deployment go first, since they may never have been healthy.
  for (const process of stale.reverse()) {
    const removed = Math.min(process.instances, Math.max(0, surplus));
    surplus -= removed;
    if (removed > 0) resized.push({ ...process, updatedAt: state.now(), instances: process.instances - removed });
  }
  const instances = Math.min(target.fresh, routable + deployment.maxInFlight);
  const grows = unhealthy === 0 && starting < deployment.maxInFlight && instances > fresh.instances;
  if (grows) resized.push({ ...fresh, updatedAt: state.now(), instances });
  // A step that only removes instances needs no room in a quota.
  if (grows && !isWithinQuota(state, state.apps.expect(deployment.appGuid), resized)) return;
  for (const process of resized) state.processes.put(process);
  if (arrived) pauseDeployment(state, deployment);
  else if (grows) state.deployments.put({ ...deployment, updatedAt: state.now(), lastHealthy: state.now() });
};

/** Restores the droplet at once and the instances step by step. As on the platform, the environment is not restored. */
export const cancelDeployment = (state: State, deployment: Deployment): void => {
  if (deployment.status !== 'ACTIVE') throw unprocessable('Cannot cancel a FINALIZED deployment');
  const { appGuid, previousDropletGuid } = deployment;
  state.apps.put({ ...state.apps.expect(appGuid), currentDropletGuid: previousDropletGuid });
  recordOfPart(state, 'deployment.cancel', deployment, { deployment_guid: deployment.guid });
  changeStatus(state, deployment, { reason: 'CANCELING' });
};

/** Goes back to the newest process of a superseded deployment that has running instances, or else to the oldest. */
const finishCancellation = (state: State, deployment: Deployment, count: Count): void => {
  const { appGuid, processGuid } = deployment;
  const others = webProcesses(state, appGuid).filter((process) => process.guid !== processGuid);
  const interim = others
    .slice(1)
    .reverse()
    .find((process) => count(process.guid).routable > 0);
  const kept = interim ?? others[0];
  // Can't happen: an older process exists until a deployment ends.
  if (!kept) return;
  for (const process of webProcesses(state, appGuid)) {
    if (process.guid !== kept.guid) state.processes.delete(process.guid);
  }
  state.processes.put({ ...kept, updatedAt: state.now(), instances: deployment.instances });
  finalize(state, deployment, 'CANCELED');
};

/** Ends a deployment on restart or stop: the newest web process stays, with all instances. */
export const removeDeployments = (state: State, appGuid: string, reason: DeploymentReason): void => {
  const deployment = activeDeployment(state, appGuid);
  if (!deployment) return;
  for (const process of webProcesses(state, appGuid)) {
    if (process.guid === deployment.processGuid) {
      state.processes.put({ ...process, instances: instancesAtEnd(deployment) });
    } else {
      state.processes.delete(process.guid);
    }
  }
  finalize(state, deployment, reason);
};
