import type Docker from 'dockerode';
import { down } from '../../src/index';
import { overlaps, parseCidr } from '../../src/ipv4';
import { claimPlan } from '../../src/local/choose-plan';
import { connectEngine } from '../../src/local/engine';

const NAMES = Array.from({ length: 2 }, (_, index) => `itest-claim-${index}`);

let docker: Docker;

const removeAll = (): Promise<unknown> => Promise.all(NAMES.map((name) => down({ name })));

beforeAll(async () => {
  ({ docker } = await connectEngine());
  await removeAll();
});

afterAll(removeAll);

test('of foundations that start at once and choose the same networks, the later ones take the next', async () => {
  const plans = await Promise.all(NAMES.map((name) => claimPlan(docker, { name, registries: [] })));
  const ranges = plans.flatMap(({ overlay, internet }) => [overlay, internet].map(({ cidr }) => parseCidr(cidr)));
  const pairs = ranges.flatMap((one, index) => ranges.slice(index + 1).map((other) => [one, other] as const));
  expect(pairs.filter(([one, other]) => overlaps(one, other))).toEqual([]);
  // In the engine, and as each foundation will find them.
  for (const [index, plan] of plans.entries()) {
    for (const { network, cidr } of [plan.overlay, plan.internet]) {
      const { IPAM: ipam } = await docker.getNetwork(network).inspect();
      expect(ipam?.Config?.[0]?.Subnet).toBe(cidr);
    }
    expect(await claimPlan(docker, { name: NAMES[index] ?? '', registries: [] })).toEqual(plan);
  }
});
