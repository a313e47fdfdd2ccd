import { Model } from '../../../review/model/model';
import { factsOf } from '../../../review/readers/resources';
import { LATER, Unresolved, type Resource } from '../../../review/readers/values';

const made = (address: string, values: Resource['values']): Resource => {
  return { stack: 's', address, managed: true, type: address.split('.')[0] ?? '', values };
};
/** An id of one of these that is known after apply. */
const idOf = (...addresses: readonly string[]): Unresolved =>
  new Unresolved(
    addresses.join(),
    LATER,
    addresses.map((address) => ({ stack: 's', address, attribute: 'id' })),
    true,
  );
const spaces = ['closed', 'open'].map((name) =>
  made(`cloudfoundry_space.${name}`, { id: idOf(`cloudfoundry_space.${name}`), name, org: 'o', allow_ssh: false }),
);
const read = (...resources: readonly Resource[]): Model => new Model(factsOf(resources));

describe('an id that may belong to any of several resources', () => {
  it('names all spaces of a role, and does not say which', () => {
    const role = { type: 'space_developer', username: 'eve', space: idOf(...spaces.map(({ address }) => address)) };
    expect(read(...spaces, made('cloudfoundry_space_role.r', role)).grants).toMatchObject([
      { via: 'o/closed or o/open', certain: false },
    ]);
  });

  it('treats it as unknown whether a route in one of two new domains is public', () => {
    const domains = [true, false].map((internal) =>
      made(`cloudfoundry_domain.${String(internal)}`, { name: `${String(internal)}.example`, internal }),
    );
    const route = { host: 'www', domain: idOf(...domains.map(({ address }) => address)), destinations: [] };
    expect(read(...domains, made('cloudfoundry_route.r', route)).routes).toMatchObject([{ internal: 'unknown' }]);
  });

  it("doesn't assume that the first of two new groups is the bound one", () => {
    const groups = ['narrow', 'wide'].map((name) =>
      made(`cloudfoundry_security_group.${name}`, {
        name,
        rules: [{ protocol: 'all', destination: name === 'narrow' ? '10.0.0.1' : '0.0.0.0/0' }],
      }),
    );
    const binding = {
      security_group: idOf(...groups.map(({ address }) => address)),
      running_spaces: [idOf('cloudfoundry_space.closed')],
    };
    const model = read(...spaces, ...groups, made('cloudfoundry_security_group_space_bindings.b', binding));
    expect(model.bindings.map(({ group }) => group)).not.toContain('narrow');
  });
});

describe('instances whose keys contain brackets', () => {
  const apps = ['a]b', 'c[d', 'e'].map((key, index) =>
    made(`cloudfoundry_app.web[${JSON.stringify(key)}]`, {
      name: `web-${index}`,
      org_name: 'o',
      space_name: 'closed',
      id: idOf(`cloudfoundry_app.web[${JSON.stringify(key)}]`),
    }),
  );
  const ends = (source: string): (readonly [string, string])[] =>
    read(
      ...apps,
      made('cloudfoundry_network_policy.p', {
        policies: [{ source_app: idOf(source), destination_app: idOf('cloudfoundry_app.web["e"]'), port: '80' }],
      }),
    ).policies.map((policy) => [policy.source, policy.destination]);

  it('are each found by the address', () => {
    expect(ends('cloudfoundry_app.web["a]b"]')).toEqual([['o/closed/web-0', 'o/closed/web-2']]);
  });

  it('are all meant by the address without a key', () => {
    expect(ends('cloudfoundry_app.web')).toEqual([
      ['o/closed/web-0', 'o/closed/web-2'],
      ['o/closed/web-1', 'o/closed/web-2'],
    ]);
  });
});
