import { isDeepStrictEqual } from 'node:util';
import { unprocessable } from './errors';
import { recordOfApp } from './events';
import { currentProcesses } from './processes';
import { NO_METADATA } from './metadata';
import type { App, Droplet, Revision } from './records';
import { revisionSidecars } from './sidecars';
import type { State } from './state';

export const revisionsOf = (state: State, appGuid: string): Revision[] => state.revisions.ofApp(appGuid);

type Content = Pick<Revision, 'dropletGuid' | 'env' | 'commands' | 'sidecars'>;

/** The differences, in the platform's words and order. */
const differences = (before: Content, after: Content): string[] => {
  const reasons = [
    before.dropletGuid === after.dropletGuid ? [] : ['New droplet deployed.'],
    isDeepStrictEqual(before.env, after.env) ? [] : ['New environment variables deployed.'],
    Object.keys({ ...before.commands, ...after.commands }).map((type) =>
      commandDifference(type, before.commands[type], after.commands[type]),
    ),
    isDeepStrictEqual(before.sidecars ?? [], after.sidecars ?? []) ? [] : ['Sidecars updated.'],
  ].flat();
  return reasons.filter((reason) => reason !== undefined).sort();
};

const commandDifference = (
  type: string,
  before: string | null | undefined,
  after: string | null | undefined,
): string | undefined => {
  if (before === after) return undefined;
  if (before === undefined) return `New process type '${type}' added.`;
  if (after === undefined) return `Process type '${type}' removed.`;
  const change = before === null ? 'added' : after === null ? 'removed' : 'updated';
  return `Custom start command ${change} for '${type}' process.`;
};

const addRevision = (state: State, app: App, content: Content, reasons: readonly string[]): Revision => {
  const revision = state.revisions.put({
    ...state.stamp(),
    appGuid: app.guid,
    version: (revisionsOf(state, app.guid).at(-1)?.version ?? 0) + 1,
    ...content,
    description: reasons.join(' '),
    metadata: NO_METADATA,
  });
  const { guid, version } = revision;
  recordOfApp(state, 'revision.create', app, { revision_guid: guid, revision_version: version });
  return revision;
};

/** The revision that starting the application now would deploy: the last one, or a new one if something changed. */
export const resolveRevision = (state: State, app: App, droplet: Droplet): Revision => {
  const commands = Object.fromEntries(
    currentProcesses(state, app.guid).map(({ type, command }) => [type, command ?? null]),
  );
  const content = { dropletGuid: droplet.guid, env: app.env, commands, sidecars: revisionSidecars(state, app.guid) };
  const last = revisionsOf(state, app.guid).at(-1);
  const reasons = last ? differences(last, content) : ['Initial revision.'];
  return last && reasons.length === 0 ? last : addRevision(state, app, content, reasons);
};

/** Adds a copy of an earlier revision under the next number. */
export const rollBackRevision = (state: State, app: App, target: Revision): Revision => {
  const last = revisionsOf(state, app.guid).at(-1) ?? target;
  const reasons = differences(last, target);
  if (reasons.length === 0) {
    throw unprocessable(
      'Unable to rollback. The code and configuration you are rolling back to is the same as the deployed revision.',
    );
  }
  const { dropletGuid, env, commands, sidecars } = target;
  const content = { dropletGuid, env, commands, sidecars };
  return addRevision(state, app, content, [...reasons, `Rolled back to revision ${target.version}.`]);
};

/** The single revision of the serving process; a process that a deployment is still starting doesn't count. */
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
