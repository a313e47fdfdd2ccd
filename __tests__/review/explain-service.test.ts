import { explain } from '../../review/explain';
import { Model } from '../../review/model/model';
import { knownGroup } from '../../review/model/reach';
import { LATER, Unresolved, type Resource } from '../../review/readers/values';
import { factsOf } from '../../review/readers/resources';
import { application, bound, group, recipe, space } from './support/facts';

const made = (address: string, values: Resource['values'], managed = true): Resource => {
  return { stack: 's', address, managed, type: address.replace('data.', '').split('.')[0] ?? '', values };
};

/** An application in a space with these groups, and a bucket from the marketplace. */
function world(groups: readonly string[], offering = 's3', binding: Resource['values'] = {}): Model {
  return new Model(
    factsOf([
      made('data.cloudfoundry_org.o', { id: 'o', name: 'org' }, false),
      made('cloudfoundry_space.home', { id: 'h', name: 'home', org: 'o' }),
      made('cloudfoundry_app.web', { id: 'w', name: 'web', org_name: 'org', space_name: 'home', docker_image: 'x' }),
      made('data.cloudfoundry_service_plan.p', { id: 'p', name: 'basic', service_offering_name: offering }, false),
      made('cloudfoundry_service_instance.files', { name: 'files', space: 'h', service_plan: 'p', type: 'managed' }),
      made('cloudfoundry_service_instance.own', { name: 'own', space: 'h', type: 'user-provided' }),
      ...groups.flatMap((name) => [
        made(`data.cloudfoundry_security_group.${name}`, { id: name, name }, false),
        made(`cloudfoundry_security_group_space_bindings.${name}`, {
          security_group: name,
          running_spaces: ['h'],
          ...binding,
        }),
      ]),
    ]),
  );
}
const LOCAL = 'trusted_local_networks_egress';
const BUCKET = 'files-1.s3-fips.us-gov-west-1.amazonaws.com';

describe('whether an application reaches a service', () => {
  it('is "yes" for a brokered bucket in a trusted-local space, and in a public one', () => {
    expect(explain(world([LOCAL]), 'web', 'files')).toEqual({
      answer: 'yes',
      reasons: [
        `directly: files is a brokered bucket (s3), and space org/home has ${LOCAL} (cloudfoundry_security_group_space_bindings.${LOCAL})`,
      ],
    });
    expect(explain(world(['public_networks_egress']), 'web', 'files').answer).toBe('yes');
  });

  it('is "no" in a closed space, except for what a proxy lists', () => {
    expect(explain(world([]), 'web', 'files')).toEqual({
      answer: 'no',
      reasons: [
        'not directly: files is a brokered bucket (s3), and space org/home has no security group',
        'possibly through a proxy: the host of files is in its credentials, which no plan shows: ask for the host',
      ],
    });
  });

  it("is unknown with a group that isn't cloud.gov's, or that may be bound elsewhere", () => {
    expect(explain(world(['own']), 'web', 'files').answer).toBe('unknown');
    const either = new Unresolved('either', LATER, [{ stack: 's', address: 'x.y', attribute: 'id' }]);
    expect(explain(world([LOCAL], 's3', { running_spaces: either }), 'web', 'files').answer).not.toBe('yes');
  });

  it("is unknown for a service that isn't a bucket, and for a user’s own", () => {
    expect(explain(world([LOCAL], 'aws-rds'), 'web', 'files').answer).toBe('unknown');
    expect(explain(world([LOCAL]), 'web', 'own').answer).toBe('unknown');
  });

  it('is unknown for a host that could belong to a brokered bucket, if the platform’s own network is open', () => {
    const answer = (model: Model, host: string) => explain(model, 'web', host).answer;
    expect(answer(world([LOCAL]), BUCKET)).toBe('unknown');
    expect(answer(world([LOCAL]), 'www.example.com')).toBe('no');
    expect(answer(world([]), BUCKET)).toBe('no');
  });
});

test("a group that may be bound to every space makes a host unknown, and one that isn't keeps it closed", () => {
  const model = (running: 'unknown' | 'no') =>
    new Model(
      recipe('', {
        spaces: [space('inside')],
        groups: [
          group('everywhere', [], { reach: knownGroup('public_networks_egress'), global: { running, staging: 'no' } }),
        ],
        bindings: [bound('other', 'elsewhere')],
        applications: [application('inside/web')],
        policies: [],
      }),
    );
  expect(explain(model('unknown'), 'web', 'www.example.com').answer).toBe('unknown');
  expect(explain(model('no'), 'web', 'www.example.com').answer).toBe('no');
});
