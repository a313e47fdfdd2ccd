import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type Docker from 'dockerode';
import tar, { type Pack } from 'tar-stream';
import { STAGING_TIMEOUT_MS } from '../limits';
import { confined, list, VCAP } from './app-container';
import { type StagedDroplet, StagingError, type StagingSpec } from './cell';
import { CERTIFICATE_STORE, installCertificates } from './instance-certificates';
import { engineMessage, exitOf, removeContainer, signalContainer } from './engine';
import type { InstanceNetwork, InstanceNetworks } from './instance-networks';
import { followLog, LogLimit } from './instance-log';
import { now } from './logs';
import { hashedBy, type NpmRegistry } from './npm-registry';
import { PackageArchive } from './package-archive';
import { type Supply, supplyOf } from './supply';

/** Where the stack's stage script looks for Node.js and npm. */
const BUILDPACK = 'tmp/buildpack';
/** By default, npm waits five minutes for each answer, three times. */
const NPM_PATIENCE = { npm_config_fetch_timeout: '60000' };

/**
 * Stages an application's files into a droplet, in a separate container under the space's staging security groups.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/node/index.html
 */
export class Staging {
  public constructor(
    private readonly networks: InstanceNetworks,
    private readonly registry: NpmRegistry,
  ) {}

  public async stage(spec: StagingSpec): Promise<StagedDroplet> {
    try {
      return await this.run(spec);
    } catch (error) {
      const failure =
        error instanceof StagingError ? error : new StagingError(`StagingError - ${engineMessage(error)}`);
      this.log(spec, 'ERR', failure.message);
      throw failure;
    }
  }

  private async run(spec: StagingSpec): Promise<StagedDroplet> {
    const files = await PackageArchive.open(spec.packagePath);
    const procfile = parseProcfile((await files.read('Procfile')) ?? '');
    const supply = await supplyOf(spec.buildpacks, files, {
      registry: this.registry,
      settings: this.networks.options.settings,
      tell: (line) => this.log(spec, 'OUT', line),
    });
    const checksum = await this.build(spec, files, supply);
    return {
      processTypes: { ...supply.processTypes, ...procfile },
      detectedBuildpack: supply.buildpack,
      checksum,
    };
  }

  private async build(spec: StagingSpec, files: PackageArchive, supply: Supply): Promise<string> {
    const { appGuid, spaceGuid, buildGuid } = spec;
    const network = await this.networks.claim(buildGuid, { appGuid, spaceGuid, purpose: 'staging', ports: [] });
    try {
      const container = await this.createContainer(spec, network, supply.command);
      try {
        await this.equip(container, files, supply.files);
        await this.compile(spec, container, supply);
        this.log(spec, 'OUT', 'Uploading droplet');
        return await saveDroplet(container, spec.dropletPath);
      } finally {
        await removeContainer(this.networks.options.docker, container.id);
      }
    } finally {
      await this.networks.leave(network);
    }
  }

  private createContainer(
    spec: StagingSpec,
    network: InstanceNetwork,
    command: readonly string[],
  ): Promise<Docker.Container> {
    const { docker, settings } = this.networks.options;
    return docker.createContainer({
      name: this.networks.containerName('staging', spec.buildGuid),
      Labels: this.networks.labels('staging', spec.buildGuid),
      Image: settings.stackImage,
      Entrypoint: [...command],
      Cmd: [],
      User: VCAP.name,
      WorkingDir: `${VCAP.home}/app`,
      Env: list({
        // Behind a company's proxy, npm must trust the machine's certificates, but Node.js uses only its own.
        NODE_EXTRA_CA_CERTS: CERTIFICATE_STORE,
        ...NPM_PATIENCE,
        ...(settings.npmRegistry === undefined ? {} : { npm_config_registry: settings.npmRegistry }),
        ...spec.env,
      }),
      HostConfig: { ...confined(network.holder.id, spec), SecurityOpt: ['no-new-privileges'] },
    });
  }

  private async equip(container: Docker.Container, files: PackageArchive, supplied: Supply['files']): Promise<void> {
    const pack = tar.pack();
    const write = async (): Promise<void> => {
      for (const [name, path] of Object.entries(supplied)) await addFile(pack, `${BUILDPACK}/${name}`, path);
      await files.copyTo(pack, `${VCAP.home.slice(1)}/app`, VCAP.uid);
      pack.finalize();
    };
    await Promise.all([
      write().catch((error: unknown) => pack.destroy(error as Error)),
      container.putArchive(pack as unknown as NodeJS.ReadableStream, { path: '/' }),
    ]);
    await installCertificates(container, await this.networks.certificates(), 'stack');
  }

  private async compile(spec: StagingSpec, container: Docker.Container, supply: Supply): Promise<void> {
    await container.start();
    const limit = this.networks.options.settings.stagingTimeout ?? STAGING_TIMEOUT_MS;
    const expiry = AbortSignal.timeout(limit);
    expiry.addEventListener('abort', () => {
      // If this fails, the engine is gone, and so is the wait for the container.
      void signalContainer(container, 'SIGKILL').catch(() => undefined);
    });
    const [exit] = await Promise.all([
      exitOf(container),
      followLog(container, {
        limit: new LogLimit(undefined),
        take: (frame) =>
          this.networks.options.logs.append(spec.appGuid, { ...frame, source: 'STG', instanceIndex: '0' }),
      }),
    ]);
    if (exit.status !== 0) {
      if (supply.asks !== undefined) this.log(spec, 'ERR', `If a download failed: ${supply.asks}`);
      if (expiry.aborted) throw new StagingError(`StagingTimeExpired - Staging time expired after ${limit / 1000} s`);
      const reason = exit.outOfMemory ? `out of memory (limit ${spec.memory} MB)` : `exit status ${exit.status}`;
      throw new StagingError(`BuildpackCompileFailed - App staging failed in the buildpack compile phase: ${reason}`);
    }
  }

  private log({ appGuid }: StagingSpec, stream: 'OUT' | 'ERR', message: string): void {
    this.networks.options.logs.append(appGuid, {
      timestamp: now(),
      instanceIndex: '0',
      source: 'STG',
      stream,
      message,
    });
  }
}

async function addFile(pack: Pack, name: string, path: string): Promise<void> {
  const { size } = await stat(path);
  await pipeline(createReadStream(path), pack.entry({ name, size, mode: 0o644 }));
}

/** Saves the container's home folder, which the launcher unpacks in the same place. */
async function saveDroplet(container: Docker.Container, path: string): Promise<string> {
  const archive = await container.getArchive({ path: VCAP.home });
  const hash = createHash('sha256');
  await mkdir(dirname(path), { recursive: true });
  try {
    // Fast rather than small, since the file stays on this machine.
    await pipeline(archive, createGzip({ level: 1 }), hashedBy(hash), createWriteStream(`${path}.new`));
    await rename(`${path}.new`, path);
  } catch (error) {
    await rm(`${path}.new`, { force: true });
    throw error;
  }
  return hash.digest('hex');
}

const LINE = /^([A-Za-z0-9_-]+):\s*(\S.*?)\s*$/;

/**
 * The start commands of a Procfile, by process type.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/prod-server.html#procfile
 */
export function parseProcfile(text: string): Record<string, string> {
  const commands = text.split(/\r?\n/).flatMap((line) => {
    const [, type, command] = LINE.exec(line) ?? [];
    return type === undefined || command === undefined ? [] : [[type, command] as const];
  });
  return Object.fromEntries(commands);
}
