/**
 * The lines that the platform writes to an application's log about changes to it; `cf logs` shows them with `[API/0]`.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html#api
 */
import { ownProperty } from '../own-property';
import type { AuditEvent } from './records';

type Line = (event: AuditEvent) => string;

const appAfter =
  (words: string): Line =>
  ({ target }) =>
    `${words} ${target.guid}`;
const updated: Line = ({ target, data }) => `Updated app with guid ${target.guid} (${inRuby(data['request'])})`;
const processAfter =
  (words: string): Line =>
  ({ data }) =>
    `${words}: "${String(data['process_type'])}"`;

/** Log lines by type of audit event; other types have none. */
const LINES: Readonly<Record<string, Line>> = {
  'audit.app.create': appAfter('Created app with guid'),
  'audit.app.update': updated,
  'audit.app.droplet.mapped': updated,
  'audit.app.apply_manifest': appAfter('Applied manifest to app with guid'),
  'audit.app.start': appAfter('Starting app with guid'),
  'audit.app.restart': appAfter('Restarted app with guid'),
  'audit.app.stop': appAfter('Stopping app with guid'),
  'audit.app.package.create': appAfter('Adding app package for app with guid'),
  'audit.app.package.upload': appAfter('Uploading app package for app with guid'),
  'audit.app.package.delete': appAfter('Deleting app package for app with guid'),
  'audit.app.build.create': appAfter('Creating build for app with guid'),
  'audit.app.droplet.create': appAfter('Creating droplet for app with guid'),
  'audit.app.revision.create': appAfter('Creating revision for app with guid'),
  'audit.app.deployment.create': appAfter('Creating deployment for app with guid'),
  'audit.app.deployment.cancel': appAfter('Cancelling deployment for app with guid'),
  'audit.app.process.create': processAfter('Added process'),
  'audit.app.process.scale': processAfter('Scaling process'),
  'audit.app.process.update': processAfter('Updating process'),
  'audit.app.process.terminate_instance': ({ data }) =>
    `Terminating process: "${String(data['process_type'])}", index: "${String(data['process_index'])}"`,
  'audit.app.process.crash': ({ actor }) => `Process has crashed with type: "${actor.name}"`,
  'app.crash': ({ target, data }) => `App instance exited with guid ${target.guid} payload: ${inRuby(data)}`,
};

/** The application's GUID and the line; `undefined` for an event that isn't logged. */
export const logLineOf = (event: AuditEvent): { readonly appGuid: string; readonly message: string } | undefined => {
  const line = ownProperty(LINES, event.type);
  return line && { appGuid: event.target.guid, message: line(event) };
};

/** Prints a value as Ruby does, like the platform: scripts look for this format. */
const inRuby = (value: unknown): string => {
  if (value === undefined || value === null) return 'nil';
  if (Array.isArray(value)) return `[${value.map(inRuby).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${pairs.map(([name, each]) => `${JSON.stringify(name)}=>${inRuby(each)}`).join(', ')}}`;
};
