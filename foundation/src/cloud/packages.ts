import { notAuthorized, unprocessable } from './errors';
import { recordOfApp, recordOfPart, requested } from './events';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access, Action } from './permissions';
import type { App, Package } from './records';
import type { State } from './state';

/** The application for a new package, build, or deployment. */
export const requireWritableApp = (state: State, access: Access, guid: string, action: Action = 'app:write'): App => {
  const app = state.apps.get(guid);
  if (!app || !access.inSpace('app:read', app.spaceGuid)) {
    throw unprocessable('App is invalid. Ensure it exists and you have access to it.');
  }
  if (!access.inSpace(action, app.spaceGuid)) throw notAuthorized();
  return app;
};

export interface PackageCommand {
  readonly appGuid: string;
  readonly type: 'bits' | 'docker';
  readonly image?: string;
  readonly username?: string;
  readonly password?: string;
  readonly metadata?: MetadataPatch | null;
}

export const createPackage = (state: State, command: PackageCommand, access: Access): Package => {
  const app = requireWritableApp(state, access, command.appGuid);
  const { type, image, username, password } = command;
  if (type === 'docker' && app.lifecycle.type !== 'docker') {
    throw unprocessable('Cannot create Docker package for a buildpack app.');
  }
  if (type === 'bits' && app.lifecycle.type === 'docker') {
    throw unprocessable('Cannot create bits package for a Docker app.');
  }
  const made = state.packages.put({
    ...state.stamp(),
    appGuid: app.guid,
    type,
    state: type === 'docker' ? 'READY' : 'AWAITING_UPLOAD',
    image,
    username,
    password,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  recordOfApp(state, 'package.create', app, { package_guid: made.guid, ...requested({ type, image }) });
  return made;
};

/** Copies a package to another application, which gets the audit event. */
export const copyPackage = (state: State, access: Access, source: Package, appGuid: string): Package => {
  const { type, image, username, password, checksum } = source;
  if (source.appGuid === appGuid) throw unprocessable('Source and destination app cannot be the same');
  const made = createPackage(state, { appGuid, type, image, username, password }, access);
  recordOfPart(state, 'copy-bits', made, { source_guid: source.appGuid, package_guid: made.guid });
  return state.packages.put({ ...made, state: source.state, checksum });
};

export const requireAwaitingUpload = (row: Package): void => {
  if (row.type !== 'bits') throw unprocessable('Package type must be bits.');
  if (row.state !== 'AWAITING_UPLOAD') throw unprocessable('Bits have already been uploaded');
};

export const finishUpload = (state: State, guid: string, checksum: string): Package => {
  const uploaded = state.packages.expect(guid);
  recordOfPart(state, 'package.upload', uploaded, { package_guid: guid });
  return state.packages.put({ ...uploaded, updatedAt: state.now(), state: 'READY', checksum });
};

export const deletePackage = (state: State, guid: string): void => {
  const row = state.packages.get(guid);
  if (row) {
    recordOfPart(state, 'package.delete', row, { package_guid: guid });
    state.packages.delete(guid);
  }
};

/** The newest package, which the manifest of a docker app shows. */
export const latestPackage = (state: State, appGuid: string): Package | undefined =>
  state.packages.ofApp(appGuid).at(-1);
