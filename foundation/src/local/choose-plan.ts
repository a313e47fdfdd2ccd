import type Docker from 'dockerode';
import { engineMessage, found } from '../cell/engine';
import { LABEL } from '../cell/labels';
import { parseCidr } from '../ipv4';
import type { SecurityGroupMode, Subnet } from '../settings';
import { hostRanges, isPortFree, portOwner } from './host';
import { Inventory, labelsOf, removeNetwork } from './inventory';
import {
  freeSubnets,
  INTERNET_CANDIDATES,
  OVERLAY_CANDIDATES,
  type Plan,
  planLabels,
  portCandidates,
  portsFrom,
  readPlan,
  resourceNames,
  subnet,
} from './plan';

export interface PlanRequest {
  readonly name: string;
  /** The first of four consecutive ports. */
  readonly port?: number;
  /** @default - the foundation's mode; dynamic for a new one */
  readonly securityGroups?: SecurityGroupMode;
  /** URLs of the machine's package registries other than the public ones; no network may cover their addresses. */
  readonly registries: readonly string[];
}

/** The plan in the volume's labels, or a new one. Creates nothing, and fails if a port or network is not free. */
export async function choosePlan(docker: Docker, request: PlanRequest): Promise<Plan> {
  const { name, port, registries, securityGroups } = request;
  const names = resourceNames(name);
  const containers = await new Inventory(docker, name).containers();
  await requireOwnContainer(docker, name);
  const published = new Set(containers.flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort)));
  const taken = async (ports: Plan['ports']): Promise<number[]> => {
    const others = Object.values(ports).filter((candidate) => !published.has(candidate));
    const free = await Promise.all(others.map(isPortFree));
    return others.filter((_, index) => !free[index]);
  };
  const volume = await found(docker.getVolume(names.volume).inspect());
  if (volume) {
    const plan = readPlan(name, labelsOf(volume));
    if (port !== undefined && port !== plan.ports.api) {
      throw new Error(
        `foundation ${name} has port ${plan.ports.api}, which can't change to ${port}, since image names contain it; ` +
          `run "space-egress local down --name ${name}" first to choose another`,
      );
    }
    if (securityGroups !== undefined && securityGroups !== plan.securityGroups) {
      throw new Error(
        `foundation ${name} was created with --security-groups ${plan.securityGroups}, which can't change to ` +
          `${securityGroups}; run "space-egress local down --name ${name}" first to choose another`,
      );
    }
    await requireFree(docker, await taken(plan.ports), `free it, or recreate the foundation with another --port`);
    return plan;
  }
  return {
    ports: await choosePorts(docker, name, port, taken),
    ...(await chooseSubnets(docker, name, registries)),
    securityGroups: securityGroups ?? 'dynamic',
  };
}

async function choosePorts(
  docker: Docker,
  name: string,
  port: number | undefined,
  taken: (ports: Plan['ports']) => Promise<number[]>,
): Promise<Plan['ports']> {
  const candidates = port === undefined ? [...portCandidates(name)] : [portsFrom(port)];
  for (const ports of candidates) {
    const busy = await taken(ports);
    if (busy.length === 0) return ports;
    if (candidates.length === 1) await requireFree(docker, busy, 'free it, or choose four others with --port FIRST');
  }
  throw new Error('no four consecutive ports are free from 20000 on: choose them with --port FIRST');
}

export async function requireFree(docker: Docker, ports: readonly number[], remedy: string): Promise<void> {
  const [port] = ports;
  if (port !== undefined) {
    throw new Error(`port ${port} of 127.0.0.1 is in use by ${await portOwner(docker, port)}: ${remedy}`);
  }
}

async function requireOwnContainer(docker: Docker, name: string): Promise<void> {
  const { container } = resourceNames(name);
  const existing = await found(docker.getContainer(container).inspect());
  if (existing && existing.Config.Labels[LABEL.foundation] !== name) {
    throw new Error(
      `container ${container} is in the way and does not belong to a foundation: remove it or choose another --name`,
    );
  }
}

async function chooseSubnets(
  docker: Docker,
  name: string,
  registries: readonly string[],
): Promise<{ overlay: Subnet; internet: Subnet }> {
  const names = resourceNames(name);
  const kept = new Map<string, string>();
  // Networks of this foundation without a volume are left from an interrupted run: they are removed, or used again.
  for (const { Id, Name, IPAM } of await new Inventory(docker, name).networks()) {
    const range = IPAM?.Config?.[0]?.Subnet;
    if (!(await removeNetwork(docker.getNetwork(Id))) && range !== undefined) kept.set(Name, range);
  }
  const networks = await docker.listNetworks();
  const taken = [
    ...(await hostRanges(registries)),
    ...networks
      .flatMap(({ IPAM }) => IPAM?.Config ?? [])
      .flatMap(({ Subnet: cidr }) => (cidr && !cidr.includes(':') ? [parseCidr(cidr)] : [])),
  ];
  const choose = (candidates: readonly string[], network: string): Subnet => {
    const cidr = kept.get(network) ?? freeSubnets(candidates, taken)[0];
    if (cidr !== undefined) return subnet(network, cidr);
    throw new Error(
      `no address range is free for network ${network}: all of ${candidates.join(', ')} are in use; remove networks ` +
        'with "docker network prune" or leave the VPN that routes them',
    );
  };
  return {
    overlay: choose(OVERLAY_CANDIDATES, names.overlay),
    internet: choose(INTERNET_CANDIDATES, names.internet),
  };
}

/** Attempts, since another foundation may take a network between choosing and claiming it. */
const CLAIMS = 20;

/** Chooses free ports and networks and claims them, and chooses again if another foundation was faster. */
export async function claimPlan(docker: Docker, request: PlanRequest): Promise<Plan> {
  for (let left = CLAIMS; ; left -= 1) {
    const plan = await choosePlan(docker, request);
    try {
      await make(docker, request.name, plan);
      return plan;
    } catch (error) {
      // The conflict is with the engine's address pools, or with the kernel's bridges.
      if (left <= 1 || !/overlaps|overlapping/.test(engineMessage(error))) throw error;
    }
  }
}

/** Creates the networks and the volume that don't exist yet. */
async function make(docker: Docker, name: string, plan: Plan): Promise<void> {
  await ensureNetwork(docker, name, 'overlay', plan.overlay);
  await ensureNetwork(docker, name, 'internet', plan.internet);
  await docker.createVolume({ Name: resourceNames(name).volume, Labels: planLabels(name, plan) });
}

async function ensureNetwork(
  docker: Docker,
  name: string,
  role: 'overlay' | 'internet',
  { network, cidr, gateway }: Subnet,
): Promise<void> {
  if (await found(docker.getNetwork(network).inspect())) return;
  await docker.createNetwork({
    Name: network,
    CheckDuplicate: true,
    Driver: 'bridge',
    // Only the overlay has a gateway, or holders would have two default routes.
    Internal: role === 'internet',
    IPAM: { Driver: 'default', Config: [{ Subnet: cidr, Gateway: gateway }] },
    Labels: { [LABEL.foundation]: name, [LABEL.role]: role },
  });
}
