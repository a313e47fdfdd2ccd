import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from './scheduler';
import type { State } from './state';
import { unprocessable, stagingInProgress } from './errors';
import { recordOfApp, requested, recordOfPart } from './events';
import { NO_METADATA, mergeMetadata, type MetadataPatch } from './metadata';
import { addProcess, processesOf, currentProcess } from './processes';
import type { App, Droplet, Build, Lifecycle, Package } from './records';
import { type ImageFacts, type StagedDroplet, StagingError } from '../cell/cell';
import { requireBuildpacks } from './buildpacks';
import { requireWritableApp } from './packages';
import type { Access } from './permissions';
import { randomUUID } from 'node:crypto';
import { stagingEnvironment } from './environment';
import { STAGING_MEMORY_MB, STAGING_DISK_MB } from '../limits';

const EXTENSIONS = { packages: 'zip', droplets: 'tgz' } as const;
type BlobKind = keyof typeof EXTENSIONS;

/** Files on the volume: pushed packages and staged droplets. */
export class Blobs {
  public constructor(private readonly folder: string) {
    for (const kind of Object.keys(EXTENSIONS)) mkdirSync(join(folder, kind), { recursive: true });
  }

  public path(kind: BlobKind, guid: string): string {
    return join(this.folder, kind, `${guid}.${EXTENSIONS[kind]}`);
  }

  /** Stores the same file under another name. Does nothing if there is no file, as for the droplet of an image. */
  public copy(kind: BlobKind, from: string, to: string): void {
    if (existsSync(this.path(kind, from))) linkSync(this.path(kind, from), this.path(kind, to));
  }

  /** Removes the files of rows that are gone. */
  public remove(rows: readonly { readonly kind: string; readonly guid: string }[]): void {
    for (const { kind, guid } of rows) {
      if (kind === 'packages' || kind === 'droplets') rmSync(this.path(kind, guid), { force: true });
    }
  }

  /** On start, removes what an interrupted run left behind, such as half an upload. */
  public sweep(state: State): void {
    for (const kind of Object.keys(EXTENSIONS) as BlobKind[]) {
      for (const name of readdirSync(join(this.folder, kind))) {
        if (!state[kind].get(name.split('.')[0])) {
          rmSync(join(this.folder, kind, name), { force: true, recursive: true });
        }
      }
    }
  }
}

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

export const createBuild = (
  state: State,
  command: { packageGuid: string; lifecycle?: Lifecycle; metadata?: MetadataPatch | null },
  access: Access,
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

const finishDockerBuild = (state: State, build: Build, dropletGuid: string, facts: ImageFacts): void => {
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

const finishBuildpackBuild = (state: State, build: Build, dropletGuid: string, staged: StagedDroplet): void => {
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

const failBuild = (state: State, build: Build, error: string): void => {
  const { guid, packageGuid } = build;
  recordOfPart(state, 'build.failed', build, { build_guid: guid, package_guid: packageGuid, error });
  state.builds.put({ ...build, updatedAt: state.now(), state: 'FAILED', error });
};

const INTERRUPTED = 'StagingError - Staging error: the foundation stopped while staging; push again';

/**
 * Stages packages into droplets. A build that a stop of the foundation interrupts fails and isn't retried: its client
 * has lost the connection, and a retry would make its next push fail.
 */
export class Stager {
  public constructor(private readonly around: Surroundings & { readonly blobs: Blobs }) {}

  public failInterrupted(): void {
    this.around.transact((state) => {
      for (const build of state.builds.where((candidate) => candidate.state === 'STAGING')) {
        failBuild(state, build, INTERRUPTED);
      }
    });
  }

  public stage(build: Build): void {
    const pack = this.around.state.packages.expect(build.packageGuid);
    const work = build.lifecycle.type === 'docker' ? this.inspect(build, pack) : this.compile(build, pack);
    void work.catch((error: unknown) => this.finish(build, (state) => failBuild(state, build, this.explain(error))));
  }

  private async inspect(build: Build, { image = '', username, password }: Package): Promise<void> {
    const credentials = username === undefined || password === undefined ? undefined : { username, password };
    const facts = await this.around.cell.inspectImage(image, credentials);
    await this.finish(build, (state) => finishDockerBuild(state, build, randomUUID(), facts));
  }

  private async compile(build: Build, pack: Package): Promise<void> {
    const { state, cell, blobs, api } = this.around;
    const app = state.apps.expect(build.appGuid);
    const dropletGuid = randomUUID();
    await this.around.networkSettled();
    const staged = await cell.stage({
      buildGuid: build.guid,
      appGuid: app.guid,
      appName: app.name,
      spaceGuid: app.spaceGuid,
      packagePath: blobs.path('packages', pack.guid),
      dropletPath: blobs.path('droplets', dropletGuid),
      buildpacks: build.lifecycle.type === 'buildpack' ? build.lifecycle.buildpacks : [],
      env: stagingEnvironment(state, app, api, STAGING_MEMORY_MB),
      memory: STAGING_MEMORY_MB,
      disk: STAGING_DISK_MB,
    });
    await this.finish(build, (after) => finishBuildpackBuild(after, build, dropletGuid, staged));
  }

  /** Does nothing if the application was deleted meanwhile. */
  private async finish(build: Build, work: (state: State) => void): Promise<void> {
    await this.around.record((state) => {
      if (state.builds.get(build.guid)) work(state);
    });
  }

  private explain(error: unknown): string {
    const message = error instanceof Error ? error.message : String(error);
    return error instanceof StagingError ? message : `StagingError - Staging error: ${message}`;
  }
}
