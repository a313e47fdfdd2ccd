import { randomUUID } from 'node:crypto';
import type { InstanceSpec } from '../cell/cell';
import { RESTARTS } from '../limits';
import { instanceEnvironment } from './environment';
import type { App, DesiredContainers, Instance, Process } from './records';
import type { State } from './state';

/** Milliseconds to wait after the nth crash, counted from 1; `undefined` to give up. */
export const restartDelay = (crashes: number): number | undefined => {
  const { immediate, firstDelay, longestDelay, most } = RESTARTS;
  if (crashes > most) return undefined;
  return crashes <= immediate ? 0 : Math.min(longestDelay, firstDelay * 2 ** (crashes - immediate - 1));
};

export const isWanted = (state: State, { processGuid, version, spec }: Instance): boolean => {
  const process = state.processes.get(processGuid);
  return process?.desired?.version === version && spec.index < process.instances;
};

const specOf = (
  state: State,
  app: App,
  process: Process,
  desired: DesiredContainers,
  guid: string,
  index: number,
): InstanceSpec => ({
  instanceGuid: guid,
  appGuid: app.guid,
  appName: app.name,
  spaceGuid: app.spaceGuid,
  organizationGuid: state.spaces.expect(app.spaceGuid).organizationGuid,
  processGuid: process.guid,
  processType: process.type,
  index,
  droplet: desired.droplet,
  command: desired.command,
  env: instanceEnvironment(desired, guid, index),
  memory: desired.memory,
  disk: desired.disk,
  ports: desired.ports,
  healthCheck: desired.healthCheck,
  ...(desired.readinessCheck && { readinessCheck: desired.readinessCheck }),
  ...(desired.egress && { egress: desired.egress }),
  ...(desired.logRateLimit !== undefined && { logRateLimit: desired.logRateLimit }),
  ...(desired.sidecars && { sidecars: desired.sidecars }),
});

export const missingInstances = function* (state: State): Iterable<Instance> {
  const present = new Set([...state.instances].map(({ version, spec }) => `${version}/${spec.index}`));
  for (const process of state.processes) {
    const { desired } = process;
    const app = state.apps.get(process.appGuid);
    for (let index = 0; app && desired && index < process.instances; index++) {
      if (!present.has(`${desired.version}/${index}`)) {
        const guid = randomUUID();
        const spec = specOf(state, app, process, desired, guid, index);
        yield { ...state.stamp(), guid, processGuid: process.guid, version: desired.version, spec };
      }
    }
  }
};
