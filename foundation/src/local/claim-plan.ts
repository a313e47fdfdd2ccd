import type Docker from 'dockerode';
import { engineMessage } from '../cell/engine';
import { LABEL } from '../cell/labels';
import type { Subnet } from '../settings';
import { choosePlan, type PlanRequest } from './choose-plan';
import { found } from './inventory';
import { resourceNames } from './names';
import { planLabels, type Plan } from './plan';

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
