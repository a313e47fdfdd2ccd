import { changeStatus, statusReason } from './deployment-status';
import { unprocessable } from './errors';
import { recordOfPart } from './events';
import type { Canary, Deployment } from './records';
import type { State } from './state';

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
export const instancesAtEnd = ({ instances, scale }: Pick<Plan, 'instances' | 'scale'>): number =>
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
export const pauseDeployment = (state: State, deployment: Deployment): void =>
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
