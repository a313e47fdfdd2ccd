import type { Instance } from './records';
import type { State } from './state';

/** Of the platform: 31 days. What crashes without end must not fill the store before that. */
const MAX_EVENTS = 1000;

export interface Crash {
  readonly reason: string;
  /** How many there have been of this instance, this one with them. */
  readonly count: number;
}

const recordOf = (state: State, { guid, version, spec }: Instance, what: string, data: object): void => {
  const space = state.spaces.get(spec.spaceGuid);
  // Deleted meanwhile: nobody is left who could read it.
  if (!space) {
    return;
  }
  const events = [...state.events];
  for (const old of events.slice(0, Math.max(0, events.length + 1 - MAX_EVENTS))) {
    state.events.delete(old.guid);
  }
  state.events.put({
    ...state.stamp(),
    type: `audit.app.process.${what}`,
    actor: { guid: spec.processGuid, type: 'process', name: spec.processType },
    target: { guid: spec.appGuid, type: 'app', name: spec.appName },
    spaceGuid: space.guid,
    organizationGuid: space.organizationGuid,
    data: { instance: guid, index: spec.index, ...data, version },
  });
};

/**
 * An instance has ended by itself.
 *
 * @see https://docs.cloudfoundry.org/running/managing-cf/audit-events.html
 */
export const recordCrash = (state: State, instance: Instance, { reason, count }: Crash): void => {
  recordOf(state, instance, 'crash', {
    reason: 'CRASHED',
    exit_description: reason,
    crash_count: count,
    // Nanoseconds: as a number they would lose digits, as the platform's do.
    crash_timestamp: state.clock.now() * 1e6,
  });
};

/** What the readiness check says of an instance has changed. */
export const recordReadiness = (state: State, instance: Instance, ready: boolean): void => {
  recordOf(state, instance, ready ? 'ready' : 'not-ready', {});
};
