import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { issue, type KeyPair, loadAuthority } from '../authority';
import { execute, type FileEntry, found, putFiles, removeContainer } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { ensureCredentials } from '../cloud/credentials';
import { addressAt } from '../ipv4';
import type { Settings } from '../settings';
import { CONFIGURATION, type Configuration, PROGRAM, RUN_DIR, S3_DIR } from './files';
import { internetContainerAddress, namesOf, OWN_BUCKET, S3_DOORS, type S3Door, WEB_SITES } from './names';

/** The hash of what a container was created from; it is replaced if the hash changes. */
export const REVISION_LABEL = 'space-egress.revision';

interface SupportContainerSpec {
  readonly name: string;
  readonly foundation: string;
  readonly role: 'registry' | 'internet';
  readonly volume: string;
  readonly options: Docker.ContainerCreateOptions;
}

export function revisionOf(spec: object): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}

/**
 * Ensures that a container of the foundation's own exists as specified, and runs. It has no restart policy, and its own
 * volume, so it never sees the foundation's keys. `files` are copied into it before each start; changes take effect
 * with the next one.
 */
async function ensureSupportContainer(
  docker: Docker,
  spec: SupportContainerSpec,
  files: () => Promise<readonly FileEntry[]>,
): Promise<Docker.Container> {
  const revision = revisionOf(spec);
  const container = docker.getContainer(spec.name);
  const existing = await found(container.inspect());
  if (existing?.State.Running && existing.Config.Labels[REVISION_LABEL] === revision) return container;
  const labels = { [LABEL.foundation]: spec.foundation, [LABEL.role]: spec.role };
  if (existing) {
    requireOwn(existing, spec);
    await removeContainer(docker, existing.Id);
  }
  await docker.createVolume({ Name: spec.volume, Labels: labels });
  const created = await docker.createContainer({
    ...spec.options,
    name: spec.name,
    Labels: { ...labels, [REVISION_LABEL]: revision },
  });
  const entries = await files();
  if (entries.length > 0) await putFiles(created, '/', entries);
  await created.start();
  return container;
}

function requireOwn(existing: Docker.ContainerInspectInfo, { name, foundation }: SupportContainerSpec): void {
  if (existing.Config.Labels[LABEL.foundation] !== foundation) {
    throw new Error(`container ${name} is in the way and does not belong to this foundation: remove or rename it`);
  }
}

/** The registry's offset in the overlay, where applications can't connect to it. */
const REGISTRY = 3;
const PORT = 5000;
const MEBIBYTE = 1024 * 1024;

export function registrySpec({ name, image, overlay, ports }: Settings): SupportContainerSpec {
  const volume = `space-egress-${name}-registry`;
  return {
    name: `space-egress-${name}-registry`,
    foundation: name,
    role: 'registry',
    volume,
    options: {
      Image: image,
      Cmd: ['docker-registry', 'serve', '/opt/foundation/registry.yml'],
      ExposedPorts: { [`${PORT}/tcp`]: {} },
      NetworkingConfig: {
        EndpointsConfig: { [overlay.network]: { IPAMConfig: { IPv4Address: addressAt(overlay.cidr, REGISTRY) } } },
      },
      HostConfig: {
        NetworkMode: overlay.network,
        PortBindings: { [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(ports.registry) }] },
        Mounts: [{ Type: 'volume', Source: volume, Target: '/var/lib/registry' }],
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Memory: 256 * MEBIBYTE,
        PidsLimit: 256,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      },
    },
  };
}

/** Starts Debian's Docker registry, published on the port in image references. */
export async function ensureRegistry(docker: Docker, settings: Settings): Promise<void> {
  await ensureSupportContainer(docker, registrySpec(settings), () => Promise.resolve([]));
}

export const internetContainerName = (name: string): string => `space-egress-${name}-internet`;

export function internetSpec({ name, image, internet }: Settings): SupportContainerSpec {
  const volume = `space-egress-${name}-internet`;
  return {
    name: internetContainerName(name),
    foundation: name,
    role: 'internet',
    volume,
    options: {
      Image: image,
      Cmd: ['node', PROGRAM],
      NetworkingConfig: {
        EndpointsConfig: { [internet.network]: { IPAMConfig: { IPv4Address: internetContainerAddress(internet) } } },
      },
      HostConfig: {
        NetworkMode: internet.network,
        Mounts: [{ Type: 'volume', Source: volume, Target: S3_DIR }],
        Tmpfs: { [RUN_DIR]: 'mode=0700,size=1m' },
        CapDrop: ['ALL'],
        // For the addresses of its sites and their stand-ins.
        CapAdd: ['NET_ADMIN'],
        SecurityOpt: ['no-new-privileges'],
        Memory: 768 * MEBIBYTE,
        PidsLimit: 512,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
      },
    },
  };
}

async function configure({ name, dataDir, internet }: Settings): Promise<Configuration> {
  const authority = await loadAuthority(dataDir, 'internet', name);
  const s3Names = Object.values<S3Door>(S3_DOORS).flatMap(namesOf);
  const sites = await Promise.all(
    WEB_SITES.filter(({ https }) => https.length > 0).map(async (site): Promise<[string, KeyPair]> => [
      site.name,
      await issue(authority, [site.name]),
    ]),
  );
  return {
    internet,
    ca: authority.certificate,
    sites: Object.fromEntries(sites),
    s3: await issue(authority, [s3Names[0] ?? '', ...s3Names.slice(1)]),
    ownBucket: { name: OWN_BUCKET, owner: ensureCredentials(join(dataDir, 'credentials.json')).s3 },
  };
}

/** Starts the simulated internet. Creates its authority and keys at the first call. */
export async function ensureInternet(docker: Docker, settings: Settings): Promise<void> {
  const container = await ensureSupportContainer(docker, internetSpec(settings), async (): Promise<FileEntry[]> => {
    const content = JSON.stringify(await configure(settings));
    return [{ name: CONFIGURATION.slice(1), content, mode: 0o600 }];
  });
  await execute(container, ['node', PROGRAM, 'ready'], '');
}
