import type Docker from 'dockerode';
import { addressAt } from '../ipv4';
import type { Settings } from '../settings';
import { ensureSupportContainer, type SupportContainerSpec } from './support-container';

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
