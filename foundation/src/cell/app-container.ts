import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { tlsPortOf } from '../tls-port';
import type { Lease } from './addresses';
import type { InstanceSpec, InstanceUsage } from './cell';
import { found, statusCode } from './engine';
import { fullReference, imageFacts, pullImage } from './image';
import { IDENTITY, installCertificates, SYSTEM_CERTIFICATES } from './instance-certificates';
import type { InstanceNetwork, InstanceNetworks } from './instance-networks';
import { sidecarScript } from './sidecars';

const MEBIBYTE = 1024 * 1024;
/** The platform's limit on processes and threads of a container. */
const PIDS = 1024;
const FILES = 16_384;

/** The user of the platform's stack, whose ID is part of droplets. */
export const VCAP = { name: 'vcap', uid: 2000, home: '/home/vcap' } as const;

/** The launcher of buildpack applications, which applies the buildpacks' environment first, and the shell of images. */
const LAUNCHER = ['/lifecycle/launch'];
const SHELL = ['/bin/sh', '-c'];

/**
 * Limits and privileges of a container that runs a user's code in the holder's network namespace.
 *
 * @param spec memory and disk in MiB
 */
export function confined(holderId: string, { memory, disk }: Pick<InstanceSpec, 'memory' | 'disk'>): Docker.HostConfig {
  return {
    NetworkMode: `container:${holderId}`,
    // As on the platform, the process is not PID 1, so signals that it doesn't handle end it.
    Init: true,
    CapDrop: ['NET_RAW', 'NET_ADMIN'],
    Memory: memory * MEBIBYTE,
    // Equal to the memory, which means no swap.
    MemorySwap: memory * MEBIBYTE,
    PidsLimit: PIDS,
    Ulimits: [
      { Name: 'nofile', Soft: FILES, Hard: FILES },
      // Limits a single file, since the engine has no disk quotas on common file systems.
      { Name: 'fsize', Soft: disk * MEBIBYTE, Hard: disk * MEBIBYTE },
    ],
    LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
  };
}

interface AppContainerOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: InstanceSpec;
  readonly lease: Lease;
  readonly holderId: string;
  /** The cell's address, for CF_INSTANCE_IP. */
  readonly cellAddress: string;
  readonly stackImage: string;
  /** ENTRYPOINT and CMD of the image, only if they are needed. */
  readonly imageStart?: readonly string[];
}

/** @see https://docs.cloudfoundry.org/devguide/deploy-apps/docker-application-lifecycle.html */
function appContainer(options: AppContainerOptions): Docker.ContainerCreateOptions {
  const { name, labels, spec, lease, holderId, cellAddress, stackImage, imageStart = [] } = options;
  const common = { name, Labels: { ...labels }, HostConfig: confined(holderId, spec) };
  const env = { ...spec.env, ...instanceEnvironment(spec, lease, cellAddress) };
  if (spec.droplet.kind === 'buildpack') {
    return {
      ...common,
      Image: stackImage,
      ...startOf(spec, LAUNCHER, [...LAUNCHER, spec.command ?? 'npm start']),
      User: VCAP.name,
      WorkingDir: `${VCAP.home}/app`,
      Env: list({ ...env, ...vcapEnvironment() }),
      // Nothing in the stack needs new privileges; a docker image may.
      HostConfig: { ...common.HostConfig, SecurityOpt: ['no-new-privileges'] },
    };
  }
  return {
    ...common,
    Image: spec.droplet.image,
    Env: list(env),
    // Also replaces ENTRYPOINT, like the platform's launcher.
    ...(spec.command === undefined && !spec.sidecars
      ? {}
      : startOf(spec, SHELL, spec.command === undefined ? imageStart : [...SHELL, spec.command])),
  };
}

/** The container's entrypoint: the process itself, or a shell that runs it with its sidecars. */
function startOf(
  { sidecars = [] }: InstanceSpec,
  launcher: readonly string[],
  argv: readonly string[],
): Pick<Docker.ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  const started = sidecars.map(({ name, command, memory }) => ({ name, argv: [...launcher, command], memory }));
  const whole = started.length > 0 ? ['/bin/sh', '-c', sidecarScript(argv, started)] : [...argv];
  return { Entrypoint: whole, Cmd: [] };
}

export function list(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** No host ports are mapped, so the variables for them are absent, as on a platform that proxies all ports. */
function instanceEnvironment(spec: InstanceSpec, lease: Lease, cellAddress: string): Record<string, string> {
  return {
    CF_INSTANCE_GUID: spec.instanceGuid,
    CF_INSTANCE_INDEX: String(spec.index),
    INSTANCE_GUID: spec.instanceGuid,
    INSTANCE_INDEX: String(spec.index),
    CF_INSTANCE_IP: cellAddress,
    CF_INSTANCE_INTERNAL_IP: lease.overlay,
    // For a port without TLS in front, JSON omits the undefined field.
    CF_INSTANCE_PORTS: JSON.stringify(
      spec.ports.map((internal) => ({ internal, internal_tls_proxy: tlsPortOf(internal) })),
    ),
    CF_INSTANCE_CERT: IDENTITY.certificate,
    CF_INSTANCE_KEY: IDENTITY.key,
    CF_SYSTEM_CERT_PATH: SYSTEM_CERTIFICATES,
  };
}

/** The user of an SSH session, and the variables that differ from those of the instance's processes. */
export function shellAccount({ droplet }: InstanceSpec): {
  readonly user?: string;
  readonly env: Record<string, string>;
} {
  return droplet.kind === 'buildpack' ? { user: VCAP.name, env: { HOME: VCAP.home } } : { env: {} };
}

function vcapEnvironment(): Record<string, string> {
  return {
    HOME: `${VCAP.home}/app`,
    TMPDIR: `${VCAP.home}/tmp`,
    DEPS_DIR: `${VCAP.home}/deps`,
    USER: VCAP.name,
  };
}

/** The path of a staged droplet. */
function dropletPath(dataDir: string, dropletGuid: string): string {
  return join(dataDir, 'droplets', `${dropletGuid}.tgz`);
}

/** Creates an instance's container in its network, with its files, without starting it. */
export async function createInstanceContainer(
  networks: InstanceNetworks,
  spec: InstanceSpec,
  network: InstanceNetwork,
  labels: Readonly<Record<string, string>>,
): Promise<Docker.Container> {
  const { docker, plan, settings } = networks.options;
  const { droplet, instanceGuid } = spec;
  const make = async (): Promise<Docker.Container> =>
    docker.createContainer(
      appContainer({
        name: networks.containerName('app', instanceGuid),
        labels: { ...networks.labels('app', instanceGuid), ...labels },
        spec,
        lease: network.lease,
        holderId: network.holder.id,
        cellAddress: plan.foundation,
        stackImage: settings.stackImage,
        imageStart: await imageStart(docker, spec),
      }),
    );
  try {
    return await make();
  } catch (error) {
    if (statusCode(error) !== 404 || droplet.kind !== 'docker') throw error;
    // The engine has lost the image since staging.
    const { username, password } = droplet;
    await pullImage(docker, droplet.image, username === undefined ? undefined : { username, password: password ?? '' });
    return make();
  }
}

/** Adds the droplet and the trusted certificates. */
export async function equipContainer(
  networks: InstanceNetworks,
  { droplet }: InstanceSpec,
  app: Docker.Container,
): Promise<void> {
  if (droplet.kind === 'buildpack') {
    const path = dropletPath(networks.options.settings.dataDir, droplet.dropletGuid);
    await app.putArchive(createReadStream(path), { path: join(VCAP.home, '..') });
  }
  await installCertificates(app, await networks.certificates(), droplet.kind === 'buildpack' ? 'stack' : 'image');
}

/** The image's own start command, which is needed only to run it with sidecars. */
async function imageStart(
  docker: Docker,
  { droplet, command, sidecars }: InstanceSpec,
): Promise<readonly string[] | undefined> {
  if (!sidecars || droplet.kind !== 'docker' || command !== undefined) return undefined;
  const image = await docker.getImage(fullReference(droplet.image)).inspect();
  const { entrypoint, cmd } = imageFacts(image.Config);
  return [...entrypoint, ...cmd];
}

interface Sample {
  /** CPU time in nanoseconds since the container started. */
  readonly cpu: number;
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
}

/** Includes the size of the container's files; the client's types lack the parameter. */
const SIZED = { size: true } as Docker.ContainerInspectOptions;

/** Reads a container's resource usage; CPU usage is since the last reading. */
export class UsageMeter {
  private last?: Sample;

  public async read(container: Docker.Container): Promise<Omit<InstanceUsage, 'logRate'> | undefined> {
    try {
      const [stats, { SizeRw: disk = 0 }] = await Promise.all([
        // One-shot avoids a second sample, which would take a second.
        container.stats({ stream: false, 'one-shot': true }),
        container.inspect(SIZED) as Promise<{ SizeRw?: number }>,
      ]);
      const sample = { cpu: stats.cpu_stats.cpu_usage.total_usage, at: performance.now() };
      const cpu = this.last ? share(this.last, sample) : 0;
      this.last = sample;
      return { memory: workingSet(stats.memory_stats), cpu, disk };
    } catch (error) {
      // While a container is being removed, the engine answers 404, 409, or 500.
      if (!(await runs(container))) return undefined;
      throw error;
    }
  }
}

async function runs(container: Docker.Container): Promise<boolean> {
  const state = (await found(container.inspect()))?.State;
  return state !== undefined && state.Running && !state.Dead;
}

function share(before: Sample, after: Sample): number {
  const elapsed = (after.at - before.at) * 1e6;
  return elapsed > 0 ? Math.max(0, (after.cpu - before.cpu) / elapsed) : 0;
}

/** Excludes the page cache that the kernel can reclaim, whose name differs between cgroup versions. */
function workingSet({ usage = 0, stats = {} }: { usage?: number; stats?: object }): number {
  const { total_inactive_file: v1, inactive_file: v2 } = stats as Record<string, number | undefined>;
  return Math.max(0, usage - (v1 ?? v2 ?? 0));
}
