import { activeDeployment } from './deployments';
import { unprocessable } from './errors';
import { changeProcess, desireContainers } from './processes';
import { requireWithinQuota } from './quota-checks';
import type { Process, Scale } from './records';
import { requireRoomForSidecars } from './sidecars';
import type { State } from './state';

/** Changing memory or disk replaces the running instances. */
export const scaleProcess = (state: State, process: Process, scale: Scale, api: string): Process => {
  if (process.type === 'web' && activeDeployment(state, process.appGuid)) {
    throw unprocessable('Cannot scale this process while a deployment is in flight.');
  }
  const scaled = changeProcess(state, process, scale);
  requireRoomForSidecars(state, scaled);
  requireWithinQuota(state, state.apps.expect(process.appGuid));
  const { desired } = scaled;
  if (!desired || (scaled.memory === process.memory && scaled.disk === process.disk)) return scaled;
  const app = state.apps.expect(process.appGuid);
  const revision = state.revisions.expect(desired.revisionGuid);
  return state.processes.put({ ...scaled, desired: desireContainers(state, app, scaled, revision, api) });
};
