import { reviewPlans, reviewTrees } from '../../review/review';

const PROVIDER = 'registry.terraform.io/cloudfoundry/cloudfoundry';

/** A plan of one resource that is updated in place. */
function plan(stack: string, type: string, [before, after]: readonly object[], sensitive: object = {}) {
  const change = { actions: ['update'], before, after, before_sensitive: sensitive, after_sensitive: sensitive };
  const changes = [{ address: `${type}.x`, mode: 'managed', type, provider_name: PROVIDER, change }];
  const json = { format_version: '1.2', planned_values: {}, resource_changes: changes };
  return { environment: '', file: `${stack}.json`, stack, json };
}

describe('an approval of what is unknown', () => {
  const SPACE = { id: 's', name: 'space', org: 'o', isolation_segment: 'shared' };
  const moved = (stack: string, yes: boolean) =>
    plan(stack, 'cloudfoundry_space', [SPACE, { ...SPACE, isolation_segment: yes ? 'other' : 'shared' }]);

  test("in one stack doesn't cover the same in another stack, or in both", () => {
    const digests = [
      [true, false],
      [false, true],
      [true, true],
    ].map(([dev = false, prod = false]) => reviewPlans([moved('dev', dev), moved('prod', prod)]).digest);
    expect(new Set(digests).size).toBe(3);
  });

  test("doesn't do so without a plan either", () => {
    const stack = (name: string, segment: string) => ({
      name,
      json: { resource: { cloudfoundry_space: { x: { name: 'space', org: 'o', isolation_segment: segment } } } },
    });
    const before = [stack('dev', 'shared'), stack('prod', 'shared')];
    const digests = [
      [stack('dev', 'other'), stack('prod', 'shared')],
      [stack('dev', 'shared'), stack('prod', 'other')],
    ].map((after) => reviewTrees(before, after).digest);
    expect(new Set(digests).size).toBe(2);
  });
});

describe('an approval of a list that is not shown', () => {
  const app = (list: string) => ({
    id: 'a',
    name: 'proxy',
    org_name: 'o',
    space_name: 's',
    docker_image: 'proxy',
    environment: { EGRESS_ALLOW: list },
  });
  const digest = (list: string, written: string): string => {
    const hidden = plan('p', 'cloudfoundry_app', [app('a.example.gov'), app(list)], {
      environment: { EGRESS_ALLOW: true },
    });
    const json = { resource: { cloudfoundry_app: { x: { environment: { EGRESS_ALLOW: written } } } } };
    const report = reviewPlans([hidden], [{ name: 'p', json }]);
    expect(report.widens).toBe(true);
    return report.digest;
  };

  test("doesn't cover another list next to the same secret", () => {
    const one = digest('a.example.gov b.example.gov', '${var.list} b.example.gov');
    expect(digest('a.example.gov c.example.gov', '${var.list} c.example.gov')).not.toBe(one);
  });

  test('contains nothing of the secret', () => {
    expect(digest('b.example.gov', '${var.list}')).toBe(digest('c.example.gov', '${var.list}'));
  });
});
