import { join } from 'node:path';
import type Docker from 'dockerode';
import { issue, loadAuthority, type KeyPair } from '../authority';
import { execute, type FileEntry } from '../cell/engine';
import { ensureCredentials } from '../cloud/credentials';
import type { Settings } from '../settings';
import { ensureSupportContainer, type SupportContainerSpec } from './support-container';
import { CONFIGURATION, PROGRAM, RUN_DIR, S3_DIR, type Configuration } from './files';
import { internetContainerAddress, namesOf, OWN_BUCKET, type S3Door, S3_DOORS, WEB_SITES } from './names';

const MEBIBYTE = 1024 * 1024;

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
