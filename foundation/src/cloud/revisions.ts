import { isDeepStrictEqual } from 'node:util';
import { currentProcesses } from './processes';
import { NO_METADATA } from './metadata';
import type { App, Droplet, Revision } from './records';
import type { State } from './state';

export const revisionsOf = (state: State, appGuid: string): Revision[] =>
  state.revisions.where((revision) => revision.appGuid === appGuid);

const describe = (before: Revision | undefined, after: Omit<Revision, 'description'>): string => {
  if (!before) {
    return 'Initial revision.';
  }
  const reasons = [
    before.dropletGuid === after.dropletGuid ? [] : ['New droplet deployed.'],
    isDeepStrictEqual(before.env, after.env) ? [] : ['New environment variables deployed.'],
    Object.keys({ ...before.commands, ...after.commands })
      .filter((type) => (before.commands[type] ?? null) !== (after.commands[type] ?? null))
      .map((type) => `Custom start command updated for '${type}' process.`),
  ].flat();
  return reasons.join(' ');
};

/** The revision that a start of the application now would deploy: the last one, or a new one if something changed. */
export const resolveRevision = (state: State, app: App, droplet: Droplet, rollback?: Revision): Revision => {
  const last = revisionsOf(state, app.guid).at(-1);
  const commands = Object.fromEntries(
    currentProcesses(state, app.guid).map(({ type, command }) => [type, command ?? null]),
  );
  const next = {
    ...state.stamp(),
    appGuid: app.guid,
    version: (last?.version ?? 0) + 1,
    dropletGuid: droplet.guid,
    env: app.env,
    commands,
    metadata: NO_METADATA,
  };
  const description = rollback ? `Rolled back to revision ${rollback.version}.` : describe(last, next);
  return last && description === '' ? last : state.revisions.put({ ...next, description });
};

/** Exactly one: that of the process that serves, not that of one which a deployment is still bringing up. */
export const deployedRevisions = (state: State, appGuid: string): Revision[] => {
  const deploying = new Set(
    state.deployments
      .where((deployment) => deployment.appGuid === appGuid && deployment.status === 'ACTIVE')
      .map((deployment) => deployment.processGuid),
  );
  const serving = state.processes.where(
    (process) => process.appGuid === appGuid && process.desired !== undefined && !deploying.has(process.guid),
  );
  const newest = serving.filter((process) => process.type === 'web').at(-1) ?? serving.at(-1);
  const revision = state.revisions.get(newest?.desired?.revisionGuid);
  return revision ? [revision] : [];
};
