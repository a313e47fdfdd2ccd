import { changeStatus, statusReason } from './deployment-status';
import { unprocessable } from './errors';
import { recordOfPart } from './events';
import type { Canary, Deployment } from './records';
import type { State } from './state';

/** How many instances a deployment is on its way to. */
export interface Target {
  /** Of the new process. */
  readonly fresh: number;
  /** Of all web processes. */
  readonly total: number;
}

const countSteps = ({ weights }: Canary): number => weights?.length ?? 1;

/** As its status shows it. */
export const progressOf = (canary: Canary): { current: number; total: number } => ({
  current: canary.step,
  total: countSteps(canary),
});

type Plan = Pick<Deployment, 'instances' | 'scale' | 'canary' | 'reason'>;

/** How many instances there are to be when it is through. */
export const instancesAtEnd = ({ instances, scale }: Pick<Plan, 'instances' | 'scale'>): number =>
  scale?.instances ?? instances;

/**
 * A step of a canary deployment leaves one instance more than there were, but for one of 100 percent. Without steps one
 * new instance comes before the pause.
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

/** The instances of its step are routable: somebody looks at them now. */
export const pauseDeployment = (state: State, deployment: Deployment): void => {
  changeStatus(state, deployment, { reason: 'PAUSED', lastHealthy: state.now() });
};

/** On to the next step, or after the last one to the end. */
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
