import { unprocessable } from './errors';
import { recordOfApp, requested } from './events';
import { NO_METADATA } from './metadata';
import { addProcess, processesOf } from './processes';
import type { App, Droplet } from './records';
import type { State } from './state';

/** Also creates the processes that the droplet declares. */
export const assignDroplet = (state: State, app: App, droplet: Droplet): App => {
  if (droplet.appGuid !== app.guid) {
    throw unprocessable('Unable to assign current droplet. Ensure the droplet exists and belongs to this app.');
  }
  for (const type of Object.keys(droplet.processTypes)) {
    if (!processesOf(state, app.guid).some((process) => process.type === type)) addProcess(state, app, type);
  }
  recordOfApp(state, 'droplet.mapped', app, requested({ droplet_guid: droplet.guid }));
  return state.apps.put({ ...app, updatedAt: state.now(), currentDropletGuid: droplet.guid });
};

/** Copies a droplet to another application, without its package and metadata. */
export const copyDroplet = (state: State, source: Droplet, app: App): Droplet =>
  state.droplets.put({ ...source, ...state.stamp(), appGuid: app.guid, packageGuid: undefined, metadata: NO_METADATA });
