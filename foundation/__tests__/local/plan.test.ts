import fc from 'fast-check';
import { overlaps, parseCidr, toAddress } from '../../src/ipv4';
import {
  freeSubnets,
  INTERNET_CANDIDATES,
  OVERLAY_CANDIDATES,
  planLabels,
  portCandidates,
  portsFrom,
  readPlan,
  requireName,
  resourceNames,
  subnet,
} from '../../src/local/plan';
import { SECURITY_GROUP_MODES } from '../../src/settings';

const candidates = [...OVERLAY_CANDIDATES, ...INTERNET_CANDIDATES];
const range = fc
  .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 32 }))
  .map(([value, bits]) => parseCidr(`${toAddress(value)}/${bits}`));
/** Ranges that may overlap a candidate. */
const near = fc
  .tuple(fc.constantFrom(...candidates), fc.nat({ max: 1023 }), fc.integer({ min: 16, max: 32 }))
  .map(([cidr, offset, bits]) => parseCidr(`${toAddress(parseCidr(cidr).first + offset)}/${bits}`));
const name = fc.stringMatching(/^[a-z]{1,8}(-[a-z0-9]{1,6})?$/);

describe('the choice of networks', () => {
  it('never overlaps used networks, and omits no free one', () =>
    fc.assert(
      fc.property(fc.array(fc.oneof(range, near), { maxLength: 20 }), (taken) => {
        const free = new Set(freeSubnets(candidates, taken));
        for (const candidate of candidates) {
          expect(free.has(candidate)).toBe(!taken.some((other) => overlaps(other, parseCidr(candidate))));
        }
      }),
    ));

  it("has candidates of one size that don't overlap each other", () => {
    for (const size of ['/22', '/25', '/26']) {
      const alike = candidates.filter((candidate) => candidate.endsWith(size));
      for (const candidate of alike) {
        expect(freeSubnets(alike, [parseCidr(candidate)])).toEqual(alike.filter((other) => other !== candidate));
      }
    }
  });

  it('avoids the addresses of resolvers and registries', () => {
    const taken = [parseCidr('10.255.0.53'), parseCidr('198.51.100.80'), parseCidr('203.0.113.0/24')];
    expect(freeSubnets(OVERLAY_CANDIDATES, taken)[0]).toBe('10.255.4.0/22');
    expect(freeSubnets(INTERNET_CANDIDATES, taken)[0]).toBe('198.51.100.128/25');
    expect(freeSubnets(INTERNET_CANDIDATES, taken)[1]).toBe('192.0.2.0/25');
  });

  it('finds an overlay if all of 10.0.0.0/8 is routed', () =>
    expect(freeSubnets(OVERLAY_CANDIDATES, [parseCidr('10.0.0.0/8')])[0]).toBe('172.31.224.0/22'));
});

describe('the choice of ports', () => {
  it('gives the default name only the documented ports', () =>
    expect([...portCandidates('local')]).toEqual([{ api: 8700, router: 8701, registry: 8702, ssh: 8703 }]));

  it('starts at a different place for each name, and covers its range once', () => {
    fc.assert(
      fc.property(
        name.filter((text) => text !== 'local'),
        (text) => {
          const all = [...portCandidates(text)];
          const numbers = all.flatMap((ports) => Object.values(ports));
          expect(new Set(numbers).size).toBe(12_000);
          expect(Math.min(...numbers)).toBe(20_000);
          expect(Math.max(...numbers)).toBe(31_999);
          expect([...portCandidates(text)][0]).toEqual(all[0]);
        },
      ),
      { numRuns: 10 },
    );
    const [one] = portCandidates('itest-local-1');
    const [other] = portCandidates('itest-local-2');
    expect(one).not.toEqual(other);
  });
});

describe('the labels of the volume', () => {
  it('store a plan without loss', () =>
    fc.assert(
      fc.property(
        name,
        fc.integer({ min: 1, max: 65_532 }),
        fc.constantFrom(...OVERLAY_CANDIDATES),
        fc.constantFrom(...INTERNET_CANDIDATES),
        fc.constantFrom(...SECURITY_GROUP_MODES),
        (text, port, overlay, internet, securityGroups) => {
          const plan = {
            ports: portsFrom(port),
            overlay: subnet(`space-egress-${text}-overlay`, overlay),
            internet: subnet(`space-egress-${text}-internet`, internet),
            securityGroups,
          };
          expect(readPlan(text, planLabels(text, plan))).toEqual(plan);
          const older = { ...planLabels(text, plan), 'space-egress.security-groups': undefined };
          expect(readPlan(text, older)).toEqual({ ...plan, securityGroups: 'dynamic' });
          const { api, router, registry } = plan.ports;
          const ports = { api, router, registry };
          const withoutSsh = { ...planLabels(text, plan), 'space-egress.ports': Object.values(ports).join(',') };
          expect(readPlan(text, withoutSsh)).toEqual({ ...plan, ports });
        },
      ),
    ));

  it("distinguish a foundation's volume from any other", () => {
    const message = 'volume space-egress-mine is in the way and does not belong to a foundation';
    expect(() => readPlan('mine', {})).toThrow(message);
    expect(() => readPlan('mine', { 'space-egress.foundation': 'mine' })).toThrow(message);
  });
});

describe('the name of a foundation', () => {
  it.each(['local', 'itest-1', 'a', 'x'.repeat(30)])('may be %s', (name) => expect(requireName(name)).toBe(name));

  it.each(['', 'Local', '1st', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'a b', 'a/b', 'a=b', 'x'.repeat(31), 'ä'])(
    'may not be %j, and the message says what may',
    (name) =>
      expect(() => requireName(name)).toThrow(
        `not a name for a foundation: ${JSON.stringify(name)}; use at most 30 lower-case letters, digits and single hyphens`,
      ),
  );

  it('is a part of all its names in the engine', () =>
    expect(resourceNames('two')).toEqual({
      container: 'space-egress-two',
      volume: 'space-egress-two',
      overlay: 'space-egress-two-overlay',
      internet: 'space-egress-two-internet',
    }));
});
