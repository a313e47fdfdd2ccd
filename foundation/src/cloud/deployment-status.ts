import type { Deployment } from './records';
import type { State } from './state';

/** What users are told: that a canary deployment will pause is known by its strategy. */
export const statusReason = ({ reason }: Deployment): string => (reason === 'PREPAUSED' ? 'DEPLOYING' : reason);

/** Another status, at this time. */
export const changeStatus = (
  state: State,
  deployment: Deployment,
  change: Partial<Deployment> & Pick<Deployment, 'reason'>,
): void => {
  const now = state.now();
  state.deployments.put({ ...deployment, ...change, updatedAt: now, lastStatusChange: now });
};
