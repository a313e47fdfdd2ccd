import type { ImageFacts, StagedDroplet } from '../cell/cell';
import { requireBuildpacks } from './buildpacks';
import { recordOfApp, recordOfPart } from './events';
import { stagingInProgress, unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import { requireWritableApp } from './packages';
import { currentProcess } from './processes';
import type { Access } from './permissions';
import type { Build, Droplet, Lifecycle } from './records';
import type { State } from './state';

export const createBuild = (
  state: State,
  access: Access,
  command: { packageGuid: string; lifecycle?: Lifecycle; metadata?: MetadataPatch | null },
): Build => {
  const pack = state.packages.get(command.packageGuid);
  if (!pack) throw unprocessable('Unable to use package. Ensure that the package exists and you have access to it.');
  const app = requireWritableApp(state, access, pack.appGuid);
  if (pack.state !== 'READY') throw unprocessable('Cannot stage package whose state is not ready.');
  if (state.builds.find((build) => build.appGuid === app.guid && build.state === 'STAGING')) throw stagingInProgress();
  const lifecycle = command.lifecycle ?? app.lifecycle;
  requireBuildpacks(lifecycle);
  const build = state.builds.put({
    ...state.stamp(),
    appGuid: app.guid,
    packageGuid: pack.guid,
    state: 'STAGING',
    error: null,
    lifecycle,
    createdBy: access.actor.userGuid,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  recordOfApp(state, 'build.create', app, { build_guid: build.guid, package_guid: pack.guid });
  return build;
};

/** The droplet's GUID is known before staging, since its file is named after it. */
const finish = (state: State, build: Build, droplet: Omit<Droplet, 'createdAt' | 'updatedAt'>): void => {
  state.droplets.put({ ...state.stamp(), ...droplet });
  const { guid, packageGuid } = build;
  recordOfPart(state, 'droplet.create', build, { droplet_guid: droplet.guid, package_guid: packageGuid });
  recordOfPart(state, 'build.staged', build, { build_guid: guid, package_guid: packageGuid });
  state.builds.put({ ...build, updatedAt: state.now(), state: 'STAGED', dropletGuid: droplet.guid });
};

export const finishDockerBuild = (state: State, build: Build, dropletGuid: string, facts: ImageFacts): void => {
  const { ports, entrypoint, cmd, workdir, user } = facts;
  finish(state, build, {
    guid: dropletGuid,
    appGuid: build.appGuid,
    packageGuid: build.packageGuid,
    lifecycle: build.lifecycle,
    processTypes: { web: '' },
    image: state.packages.expect(build.packageGuid).image,
    execution: { ports, entrypoint, cmd, workdir, user },
    metadata: NO_METADATA,
  });
};

export const finishBuildpackBuild = (state: State, build: Build, dropletGuid: string, staged: StagedDroplet): void => {
  const isStartable = Object.keys(staged.processTypes).length > 0;
  if (!isStartable && currentProcess(state, build.appGuid, 'web')?.command === undefined) {
    failBuild(state, build, 'StagingError - No process types returned from stager');
    return;
  }
  finish(state, build, {
    guid: dropletGuid,
    appGuid: build.appGuid,
    packageGuid: build.packageGuid,
    lifecycle: build.lifecycle,
    processTypes: staged.processTypes,
    detectedBuildpack: staged.detectedBuildpack,
    checksum: staged.checksum,
    metadata: NO_METADATA,
  });
};

export const failBuild = (state: State, build: Build, error: string): void => {
  const { guid, packageGuid } = build;
  recordOfPart(state, 'build.failed', build, { build_guid: guid, package_guid: packageGuid, error });
  state.builds.put({ ...build, updatedAt: state.now(), state: 'FAILED', error });
};
