/**
 * Additional processes in the containers of an application.
 *
 * @see https://docs.cloudfoundry.org/devguide/sidecars.html
 */
import type { SidecarSpec } from '../cell/cell';
import { unprocessable } from './errors';
import type { App, Process, RevisionSidecar, Sidecar } from './records';
import type { State } from './state';

export interface SidecarCommand {
  readonly name: string;
  readonly command: string;
  readonly processTypes: readonly string[];
  /** MiB, taken from those of the process. */
  readonly memory?: number;
}

const memoryOf = (sidecars: Iterable<Pick<Sidecar, 'memory'>>): number =>
  [...sidecars].reduce((sum, { memory = 0 }) => sum + memory, 0);

/** The sidecars of a process type. */
const besideType = <T extends Pick<Sidecar, 'processTypes'>>(sidecars: readonly T[], type: string): T[] =>
  sidecars.filter(({ processTypes }) => processTypes.includes(type));

/** In the platform's order, by name. */
export const sidecarsOf = (state: State, appGuid: string): Sidecar[] =>
  state.sidecars.ofApp(appGuid).sort((a, b) => (a.name < b.name ? -1 : 1));

export const sidecarsBeside = (state: State, { appGuid, type }: Pick<Process, 'appGuid' | 'type'>): Sidecar[] =>
  besideType(sidecarsOf(state, appGuid), type);

/** The sidecars as a revision stores them. */
export const revisionSidecars = (state: State, appGuid: string): RevisionSidecar[] =>
  sidecarsOf(state, appGuid).map(({ name, command, processTypes, memory }) => ({
    name,
    command,
    processTypes: [...processTypes].sort(),
    ...(memory === undefined ? {} : { memory }),
  }));

/** The sidecars as the cell is told, absent if there are none. */
export const sidecarSpecs = (
  sidecars: readonly RevisionSidecar[],
  type: string,
): { readonly sidecars?: readonly SidecarSpec[] } => {
  const beside = besideType(sidecars, type).map(({ name, command, memory }) => ({
    name,
    command,
    ...(memory === undefined ? {} : { memory }),
  }));
  return beside.length > 0 ? { sidecars: beside } : {};
};

/** MiB left for the process itself: the container's, minus those of its sidecars. */
export const ownMemory = (process: Process, sidecars: readonly RevisionSidecar[]): number =>
  process.memory - memoryOf(besideType(sidecars, process.type));

const requireRoom = (state: State, { appGuid, processTypes }: Sidecar): void => {
  for (const process of state.processes.ofApp(appGuid)) {
    if (processTypes.includes(process.type) && memoryOf(sidecarsBeside(state, process)) >= process.memory) {
      throw unprocessable(
        `The memory allocation defined is too large to run with the dependent "${process.type}" process`,
      );
    }
  }
};

/** The sidecars must leave the process some memory. */
export const requireRoomForSidecars = (state: State, process: Process): void => {
  const needed = memoryOf(sidecarsBeside(state, process));
  if (needed > 0 && needed >= process.memory) {
    throw unprocessable('The requested memory allocation is not large enough to run all of your sidecar processes');
  }
};

/** Changes the sidecar of that name, or creates it. Running instances keep their sidecars until the next start. */
export const applySidecar = (state: State, app: App, { name, ...command }: SidecarCommand): void => {
  const before = state.sidecars.ofApp(app.guid).find((sidecar) => sidecar.name === name);
  const { memory = before?.memory } = command;
  const stamp = before ? { ...before, updatedAt: state.now() } : state.stamp();
  requireRoom(state, state.sidecars.put({ ...stamp, appGuid: app.guid, name, ...command, memory }));
};
