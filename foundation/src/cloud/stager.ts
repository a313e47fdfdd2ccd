import { randomUUID } from 'node:crypto';
import { type Cell, StagingError } from '../cell/cell';
import type { Blobs } from './blobs';
import { failBuild, finishBuildpackBuild, finishDockerBuild } from './builds';
import { stagingEnvironment } from './environment';
import type { Build, Package } from './records';
import type { State } from './state';
import { STAGING_MEMORY_MB, STAGING_DISK_MB } from '../limits';

interface Surroundings {
  readonly state: State;
  readonly cell: Cell;
  readonly blobs: Blobs;
  readonly api: string;
  transact(work: (state: State) => void): void;
  /** Records what has already happened; see `Recorder`. */
  record(work: (state: State) => void): Promise<void>;
  networkSettled(): Promise<void>;
}

const INTERRUPTED = 'StagingError - Staging error: the foundation stopped while staging; push again';

/**
 * Stages packages into droplets. A build that a stop of the foundation interrupts fails and isn't retried: its client
 * has lost the connection, and a retry would make its next push fail.
 */
export class Stager {
  public constructor(private readonly around: Surroundings) {}

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
