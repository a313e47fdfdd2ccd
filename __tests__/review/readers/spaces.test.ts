import { difference } from '../../../review/difference/difference';
import { renames } from '../../../review/difference/identities';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { readPlan } from '../../../review/readers/plan';
import { factsOf } from '../../../review/readers/resources';
import { readTree, withClaims } from '../../../review/readers/tree';
import { LATER, Unresolved, type Resource } from '../../../review/readers/values';
import { reviewPlans } from '../../../review/review';

type Json = Record<string, unknown>;

const RULES = [{ protocol: 'tcp', destination: '10.0.0.1', ports: '443' }];
const WIDER = [...RULES, { protocol: 'tcp', destination: '203.0.113.0/24', ports: '443' }];
const GUID = '6d3a7c1e-2f5a-4d1b-9a53-6d0f3a1f5d10';

const change = (address: string, before: Json | null, after: Json | null, unknown: Json = {}): Json => ({
  address,
  mode: 'managed',
  type: address.split('.')[0],
  change: {
    actions: before === null ? ['create'] : after === null ? ['delete'] : before === after ? ['no-op'] : ['update'],
    before,
    after,
    after_unknown: unknown,
  },
});
const data = (type: string, values: Json): Json => ({ address: `data.${type}.d`, mode: 'data', type, values });
const plan = (changes: readonly Json[], expressions: Record<string, Json> = {}, read: readonly Json[] = []): Json => ({
  format_version: '1.2',
  planned_values: {},
  resource_changes: changes,
  prior_state: { values: { root_module: { resources: read } } },
  configuration: {
    root_module: {
      resources: Object.entries(expressions).map(([address, of]) => ({ address, expressions: of })),
    },
  },
});

const told = (json: Json): string[] => {
  const { before, after } = readPlan(json, 'plan');
  return difference(new Model(factsOf(before)), new Model(factsOf(after)))
    .filter(({ way }) => way === 'direct')
    .map(({ verdict, who, what }) => `${verdict} ${who.join()}: ${plain(what)}`);
};

const BINDING = 'cloudfoundry_security_group_space_bindings.b';
const GROUP = 'cloudfoundry_security_group.g';
const group = (rules: readonly Json[], more: Json = {}): Json => ({ id: 'g', name: 'db', rules, ...more });
const read = data('cloudfoundry_security_group', group(RULES));
const bound = (space: unknown, expressions: Json = {}, unknown: Json = {}, also: readonly Json[] = []) =>
  plan([change(BINDING, null, { security_group: 'g', running_spaces: [space] }, unknown)], { [BINDING]: expressions }, [
    read,
    ...also,
  ]);

describe('a group that is bound to a space which is not in the plan', () => {
  it('opens it by its id', () => {
    expect(told(bound(GUID))).toEqual([`opens ${GUID}: 10.0.0.1 on tcp 443`]);
  });

  it('opens it under its name if a plural data source found it', () => {
    const spaces = data('cloudfoundry_spaces', { spaces: [{ id: GUID, name: 'far', org: 'o' }] });
    const org = { ...data('cloudfoundry_org', { id: 'o', name: 'org' }) };
    expect(told(bound(GUID, {}, {}, [spaces, org]))).toEqual(['opens org/far: 10.0.0.1 on tcp 443']);
  });

  it('could open it if its id is known after apply', () => {
    const later = bound(
      null,
      { running_spaces: { references: ['terraform_data.x.output', 'terraform_data.x'] } },
      {
        running_spaces: [true],
      },
    );
    expect(told(later)).toEqual([`unknown (running_spaces of ${BINDING}): something unknown`]);
  });

  it('opens it in addition to a space for which the code has only attributes', () => {
    const app = { name: 'web', org_name: 'org', space_name: 'far', docker_image: 'x', id: 'web' };
    const web = change('cloudfoundry_app.web', app, app);
    const json = bound(GUID);
    const changes = [...(json.resource_changes as Json[]), web];
    expect(told({ ...json, resource_changes: changes })).toEqual([`opens ${GUID}: 10.0.0.1 on tcp 443`]);
  });
});

describe('new rules of a group', () => {
  const written = { [GROUP]: { name: { constant_value: 'db' }, rules: {} } };
  const changed = (more: Json) =>
    plan([change(GROUP, group(RULES, more), group(WIDER), { running_spaces: true, staging_spaces: true })], written);

  it('apply to the spaces that were bound to it elsewhere, which the plan shows', () => {
    expect(told(changed({ running_spaces: [GUID], staging_spaces: [] }))).toEqual([
      `opens ${GUID}: 203.0.113.0/24 on tcp 443`,
    ]);
    expect(told(changed({ running_spaces: [], staging_spaces: [] }))).toEqual([]);
  });

  it('are shown once if the binding is in the plan', () => {
    const space = { id: GUID, name: 'home', org: 'o', allow_ssh: false };
    const binding = { security_group: 'g', running_spaces: [GUID], staging_spaces: null };
    const json = changed({ running_spaces: [GUID], staging_spaces: [] });
    const own = [change('cloudfoundry_space.home', space, space), change(BINDING, binding, null)];
    expect(told({ ...json, resource_changes: [...(json.resource_changes as Json[]), ...own] })).toEqual([
      'closes o/home: 10.0.0.1 on tcp 443',
    ]);
  });

  it('apply to every space if it is bound to all', () => {
    const everywhere = { globally_enabled_running: true, running_spaces: [], staging_spaces: [] };
    const json = plan([change(GROUP, group(RULES, everywhere), group(WIDER, everywhere))], written);
    expect(told(json)).toEqual(['opens every space: 203.0.113.0/24 on tcp 443']);
  });

  it("may apply to any space in a program, which doesn't show who binds the group", () => {
    const tree = (rules: readonly Json[]) =>
      factsOf(
        readTree([{ name: 's', json: { resource: { cloudfoundry_security_group: { g: { name: 'db', rules } } } } }]),
      );
    const found = difference(new Model(tree(RULES)), new Model(tree(WIDER)));
    expect(found.map(({ verdict, who, what }) => `${verdict} ${who.join()}: ${plain(what)}`)).toEqual([
      'unknown spaces of db: 203.0.113.0/24 on tcp 443',
    ]);
  });
});

describe('a declaration about a space that is managed elsewhere', () => {
  it('hides no group that is bound together with the declaration', () => {
    const app = { name: 'web', org_name: 'o', space_name: 'far', docker_image: 'x', id: 'web' };
    const space = data('cloudfoundry_space', { id: GUID, name: 'far', org: 'o' });
    const json = bound(GUID, {}, {}, [space]);
    const { before, after } = readPlan(
      { ...json, resource_changes: [...(json.resource_changes as Json[]), change('cloudfoundry_app.web', app, app)] },
      'plan',
    );
    const [old, now] = [before, after].map((side) => withClaims(factsOf(side), [{ space: 'o/far', groups: ['db'] }]));
    const changes = old && now ? difference(new Model(old), new Model(now)) : [];
    expect(changes.map(({ verdict, who, what }) => `${verdict} ${who.join()}: ${plain(what)}`)).toEqual([
      'opens o/far/web: 10.0.0.1 on tcp 443',
    ]);
  });
});

describe('plans and trees', () => {
  const app = (allow: string): Json => {
    return {
      name: 'proxy',
      org_name: 'o',
      space_name: 's',
      docker_image: 'x',
      id: 'p',
      environment: { EGRESS_ALLOW: allow },
    };
  };
  const json = plan([change('cloudfoundry_app.proxy', app('a.example.gov:443'), app('b.example.gov:443'))]);
  const tree = (name: string) => ({
    name,
    json: { resource: { cloudfoundry_app: { proxy: app('a.example.gov:443') } } },
  });
  const file = (stack: string, environment = '') => ({ environment, file: `${stack}.json`, stack, json });

  it('are distinguished by their names if they have the same resources', () => {
    const trees = [tree('staging'), tree('production')];
    for (const each of [file('production'), file('plan', 'production')]) {
      const [environment] = reviewPlans([each], trees).environments;
      expect(environment?.unknown).toHaveLength(1);
    }
  });

  it('are refused if nothing distinguishes them', () => {
    const trees = [tree('staging'), tree('production')];
    expect(() => reviewPlans([file('plan')], trees)).toThrow(
      "plan.json can't be reviewed: it fits staging and production equally well: name the file after its stack, as staging.json, or staging=plan.json",
    );
    expect(() => reviewPlans([file('a'), file('b')], [tree('staging')])).toThrow(
      "a.json and b.json are both read as the plan of stack 'staging' in one environment",
    );
    expect(reviewPlans([file('a', 'x'), file('a', 'y')]).environments).toHaveLength(2);
  });

  it('of several stacks are read as one, with the edges between them', () => {
    const one = (name: string): Json => ({ ...app(''), id: name, name, environment: {} });
    const [web, api] = ['web', 'api'].map((name) => [change(`cloudfoundry_app.${name}`, one(name), one(name))]);
    const edge = { source_app: 'web', destination_app: 'api', port: '8080', protocol: 'tcp' };
    const stacks = [
      { ...file('clients'), json: plan(web ?? []) },
      { ...file('servers'), json: plan(api ?? []) },
      { ...file('edges'), json: plan([change('cloudfoundry_network_policy.p', null, { policies: [edge] })]) },
    ];
    const [environment, ...others] = reviewPlans(stacks).environments;
    expect(environment?.opens).toMatchObject([{ way: 'policy', who: ['web'], via: 'api' }]);
    expect(others).toEqual([]);
  });

  it('have no rename if the old address remains', () => {
    const one = (address: string) => {
      return { ...change(address, app(''), app('')), type: 'cloudfoundry_app' };
    };
    const [before, after] = [one('cloudfoundry_app.old'), one('cloudfoundry_app.new')].map((each) =>
      factsOf(readPlan(plan([each]), 'plan').after),
    );
    if (before === undefined || after === undefined) throw new Error('there are two');
    expect(renames(before, after)).toHaveLength(1);
    expect(renames(before, after, new Set(['plan cloudfoundry_app.old']))).toEqual([]);
  });
});

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
const modelOf = (...resources: readonly Resource[]): Model => new Model(factsOf(resources));

describe('an id that may belong to any of several resources', () => {
  it('names all spaces of a role, and does not say which', () => {
    const role = { type: 'space_developer', username: 'eve', space: idOf(...spaces.map(({ address }) => address)) };
    expect(modelOf(...spaces, made('cloudfoundry_space_role.r', role)).grants).toMatchObject([
      { via: 'o/closed or o/open', certain: false },
    ]);
  });

  it('treats it as unknown whether a route in one of two new domains is public', () => {
    const domains = [true, false].map((internal) =>
      made(`cloudfoundry_domain.${String(internal)}`, { name: `${String(internal)}.example`, internal }),
    );
    const route = { host: 'www', domain: idOf(...domains.map(({ address }) => address)), destinations: [] };
    expect(modelOf(...domains, made('cloudfoundry_route.r', route)).routes).toMatchObject([{ internal: 'unknown' }]);
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
    const model = modelOf(...spaces, ...groups, made('cloudfoundry_security_group_space_bindings.b', binding));
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
    modelOf(
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
