import fc from 'fast-check';
import { Egress, type Target } from '../../../constructs/values/egress';

const targets: Target[] = ['web', 'own bucket', 'brokered bucket'];

test.each([
  ['closed', Egress.CLOSED, [false, false, false]],
  ['trusted-local', Egress.TRUSTED_LOCAL, [false, false, true]],
  ['public', Egress.PUBLIC, [true, true, true]],
])("a %s space reaches what cloud.gov's table says", (_name, egress, reached) => {
  expect(targets.map((target) => egress.reaches(target))).toEqual(reached);
});

test('with a group of another foundation, whatever no known group opens is unknown', () => {
  expect(targets.map((target) => Egress.of('our_group').reaches(target))).toEqual([undefined, undefined, undefined]);
  expect(targets.map((target) => Egress.of('our_group', 'trusted_local_networks_egress').reaches(target))).toEqual([
    undefined,
    undefined,
    true,
  ]);
});

test('groups add up: one more never reaches less', () => {
  const groups = fc.subarray(['public_networks_egress', 'trusted_local_networks_egress', 'our_group']);
  const rank = (reached: boolean | undefined) => [false, undefined, true].indexOf(reached);
  fc.assert(
    fc.property(groups, groups, fc.constantFrom(...targets), (some, more, target) => {
      expect(rank(Egress.of(...some, ...more).reaches(target))).toBeGreaterThanOrEqual(
        rank(Egress.of(...some).reaches(target)),
      );
    }),
  );
});

test('a set of groups does not depend on the order, and names none twice', () => {
  expect(Egress.of('b', 'a', 'b')).toEqual(Egress.of('a', 'b'));
  expect(Egress.of('b', 'a', 'b').toString()).toBe('a, b');
  expect(Egress.CLOSED.toString()).toBe('closed');
});

test("a group named like a property of every object is unknown, not one of cloud.gov's", () => {
  expect(Egress.of('constructor').reachesInternet).toBeUndefined();
});

test.each(['', 'a,b', 'a b'])("fails for the group '%s', which the API can't look up", (name) => {
  expect(() => Egress.of(name)).toThrow(`'${name}' can't be looked up as a security group`);
});
