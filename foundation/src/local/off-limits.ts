import { LABEL } from '../cell/labels';
import { addressAt } from '../ipv4';
import { connectEngine } from './engine';
import { Inventory, labelsOf } from './inventory';
import { DEFAULT_NAME, type Plan, requireName } from './plan';
import { status } from './status';

/** An address that no application may connect to, whatever its security groups open. */
export interface OffLimits {
  readonly what: string;
  readonly host: string;
  readonly port: number;
}

const SSH = 22;
const APP = 8080;

/** The engine's host, the foundation's ports except DNS, its registry, and the instances' internet addresses. */
export async function offLimits(options: { readonly name?: string } = {}): Promise<readonly OffLimits[]> {
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { plan } = await status({ name });
  if (!plan) throw new Error(`foundation ${name} is not up: run "space-egress local up --name ${name}"`);
  return [...fixedPlaces(plan), ...(await secondLegs(name, plan))];
}

function fixedPlaces({ overlay, internet, ports }: Plan): readonly OffLimits[] {
  const foundation = addressAt(overlay.cidr, 2);
  return [
    { what: 'the host, by the gateway', host: overlay.gateway, port: SSH },
    { what: "the host's router port", host: overlay.gateway, port: ports.router },
    { what: 'the host, by the other gateway', host: internet.gateway, port: SSH },
    { what: "the foundation's API", host: foundation, port: ports.api },
    { what: "the foundation's router", host: foundation, port: ports.router },
    ...(ports.ssh === undefined ? [] : [{ what: "the foundation's SSH", host: foundation, port: ports.ssh }]),
    { what: 'the registry', host: addressAt(overlay.cidr, 3), port: 5000 },
  ];
}

async function secondLegs(name: string, plan: Plan): Promise<readonly OffLimits[]> {
  const { docker } = await connectEngine();
  const holders = (await new Inventory(docker, name).containers()).filter(
    (container) => labelsOf(container)[LABEL.role] === 'holder',
  );
  return holders.flatMap(({ NetworkSettings: { Networks: networks } }) => {
    const address = networks[plan.internet.network]?.IPAddress;
    return address ? [{ what: "another instance's second leg", host: address, port: APP }] : [];
  });
}
