import type Docker from 'dockerode';
import type { AddressPlan } from './address-plan';
import type { Lease } from './address-pool';
import { putFiles, removeContainer } from './engine';
import { closedRules, ROUTER_PORT } from './rules';
import { TERMINATOR_CAPABILITIES, TERMINATOR_MEMORY, TERMINATOR_START, terminatorFiles } from './terminator';

/** The route to an address outside of both networks. */
export interface StaticRoute {
  readonly destination: string;
  readonly via: string;
  /**
   * The address of the internet network that packets carry instead: an engine whose bridges use the host's iptables
   * drops all packets on an internal network whose destination is outside of it.
   */
  readonly standIn?: string;
}

export interface HolderOptions {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lease: Lease;
  readonly plan: AddressPlan;
  readonly routes: readonly StaticRoute[];
  /** Where the router listens on the foundation's address. */
  readonly routerPort: number;
  /**
   * Certificate and key in PEM, for TLS in front of the instance.
   *
   * @default - no TLS
   */
  readonly certificate?: string;
}

/** A file that exists once the closed rules are in force; other rules must not be applied before. */
export const READY = '/run/closed';
const MEBIBYTE = 1024 * 1024;

/**
 * Creates the container that owns an instance's network namespace and may change its rules; the application joins the
 * namespace, and may not. It starts closed, and uses only the foundation's resolver, since Docker's resolves other
 * containers' names.
 */
export async function createHolder(docker: Docker, options: HolderOptions): Promise<Docker.Container> {
  const { name, image, labels, lease, plan, certificate } = options;
  const secured = certificate !== undefined;
  const memory = (secured ? 64 + TERMINATOR_MEMORY : 64) * MEBIBYTE;
  const holder = await docker.createContainer({
    name,
    Image: image,
    Entrypoint: ['/bin/sh', '-c', startCommand(options, secured)],
    Cmd: [],
    User: '0:0',
    Labels: { ...labels },
    NetworkingConfig: {
      EndpointsConfig: { [plan.overlay.network]: { IPAMConfig: { IPv4Address: lease.overlay } } },
    },
    HostConfig: {
      NetworkMode: plan.overlay.network,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN', ...(secured ? TERMINATOR_CAPABILITIES : [])],
      SecurityOpt: ['no-new-privileges'],
      Memory: memory,
      MemorySwap: memory,
      PidsLimit: 64,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '64k', 'max-file': '1' } },
    },
  });
  try {
    await docker
      .getNetwork(plan.internet.network)
      .connect({ Container: holder.id, EndpointConfig: { IPAMConfig: { IPv4Address: lease.internet } } });
    if (secured) await putFiles(holder, '/', terminatorFiles(lease.overlay, certificate));
  } catch (error) {
    await removeContainer(docker, holder.id);
    throw error;
  }
  return holder;
}

/** Needs a writable root: with a read-only one, the engine would mount resolv.conf read-only, too. */
function startCommand({ plan: { foundation, router }, routes, routerPort }: HolderOptions, secured: boolean): string {
  const translations = [
    ...routes.flatMap(({ destination, standIn }) =>
      standIn === undefined ? [] : [`ip daddr ${destination} dnat to ${standIn}`],
    ),
    `ip daddr ${router} tcp dport ${ROUTER_PORT} dnat to ${foundation}:${routerPort}`,
  ];
  return [
    'set -e',
    `nft -f - <<'RULES'\n${closedRules()}RULES`,
    `echo 'nameserver ${foundation}' > /etc/resolv.conf`,
    ...routes.map(({ destination, via }) => `ip route replace ${destination} via ${via}`),
    // Through the overlay, so the source address is the one that the foundation knows the instance by.
    `ip route replace ${router}/32 via ${foundation}`,
    `nft -f - <<'TRANSLATION'\n${translation(translations)}TRANSLATION`,
    ...(secured ? [TERMINATOR_START] : []),
    `: > ${READY}`,
    "trap 'exit 0' TERM",
    'sleep infinity & wait',
  ].join('\n');
}

/** A separate table, which changes of rules don't touch. */
function translation(rules: readonly string[]): string {
  return [
    'table ip translation {',
    '  chain output {',
    '    type nat hook output priority -100;',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '}',
    '',
  ].join('\n');
}
