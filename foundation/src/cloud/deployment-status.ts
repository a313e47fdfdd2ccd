import type { Deployment } from './records';
import type { State } from './state';

/** The reason that the API shows, which doesn't tell a deployment before its pause from any other. */
export const statusReason = ({ reason }: Deployment): string => (reason === 'PREPAUSED' ? 'DEPLOYING' : reason);

/** Sets the status, with the current time. */
export const changeStatus = (
  state: State,
  deployment: Deployment,
  change: Partial<Deployment> & Pick<Deployment, 'reason'>,
): void => {
  const now = state.now();
  state.deployments.put({ ...deployment, ...change, updatedAt: now, lastStatusChange: now });
};
