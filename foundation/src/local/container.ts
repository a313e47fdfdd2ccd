import type Docker from 'dockerode';
import { LABEL } from '../cell/labels';
import { REVISION_LABEL, revisionOf } from '../internet/support-container';
import { addressAt } from '../ipv4';
import { SETTINGS_VARIABLE, type Settings } from '../settings';
import { resourceNames } from './names';

export const DATA_DIR = '/var/lib/foundation';
const SOCKET = '/var/run/docker.sock';
/** Path in the data folder. Written before the container starts, since Node.js reads it only then. */
export const HOST_CERTIFICATES = 'ca/host-extra.crt';
/** The foundation's offset in the overlay, where instances use its DNS server. */
const FOUNDATION = 2;

export interface ContainerInput {
  readonly settings: Settings;
  /** The path of the container engine's socket, as the engine sees it. */
  readonly socket: string;
  /** Certificates, in PEM, that the machine trusts in addition to the public ones. */
  readonly hostCertificates: string;
}

/** The options of the foundation's own container. */
export function foundationContainer(input: ContainerInput): Docker.ContainerCreateOptions {
  const { settings, socket } = input;
  const { name, image, overlay, ports } = settings;
  const names = resourceNames(name);
  const published = [ports.api, ports.router, ...(ports.ssh === undefined ? [] : [ports.ssh])];
  const labels = { [LABEL.foundation]: name, [LABEL.role]: 'foundation' };
  return {
    name: names.container,
    Image: image,
    Env: [
      `${SETTINGS_VARIABLE}=${JSON.stringify(settings)}`,
      // The npm registry may have a certificate of a company's own authority.
      `NODE_EXTRA_CA_CERTS=${DATA_DIR}/${HOST_CERTIFICATES}`,
    ],
    ExposedPorts: Object.fromEntries(published.map((port) => [`${port}/tcp`, {}])),
    NetworkingConfig: {
      EndpointsConfig: { [overlay.network]: { IPAMConfig: { IPv4Address: addressAt(overlay.cidr, FOUNDATION) } } },
    },
    HostConfig: {
      NetworkMode: overlay.network,
      PortBindings: Object.fromEntries(
        published.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(port) }]]),
      ),
      Mounts: [
        { Type: 'volume', Source: names.volume, Target: DATA_DIR },
        { Type: 'bind', Source: socket, Target: SOCKET },
      ],
      CapDrop: ['ALL'],
      // Four times an instance's, so one that keeps every core busy doesn't slow the router for the others.
      CpuShares: 4096,
      // SELinux denies confined containers access to the engine's socket.
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
    },
    Labels: { ...labels, [REVISION_LABEL]: revisionOf(input) },
  };
}
