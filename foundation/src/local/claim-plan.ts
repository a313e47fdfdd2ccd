import type Docker from 'dockerode';
import { LABEL } from '../cell/labels';
import type { Subnet } from '../settings';
import { found } from './inventory';
import { resourceNames } from './names';
import { planLabels, type Plan } from './plan';

/** Makes networks and volume as planned; what is there already stays. */
export async function claimPlan(docker: Docker, name: string, plan: Plan): Promise<Plan> {
  await ensureNetwork(docker, name, 'overlay', plan.overlay);
  await ensureNetwork(docker, name, 'internet', plan.internet);
  await docker.createVolume({ Name: resourceNames(name).volume, Labels: planLabels(name, plan) });
  return plan;
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
    // Only the overlay leads out: holders would else have two default routes.
    Internal: role === 'internet',
    IPAM: { Driver: 'default', Config: [{ Subnet: cidr, Gateway: gateway }] },
    Labels: { [LABEL.foundation]: name, [LABEL.role]: role },
  });
}
