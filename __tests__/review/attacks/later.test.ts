import type { Change, Configuration } from '../support/plan';
import {
  app,
  BINDING,
  BOUND,
  changed,
  edge,
  fixed,
  group,
  LIST,
  policy,
  program,
  proxy,
  reviewed,
  SPACE,
  stopped,
  WIDE,
  type Resources,
} from './attempts';

const COMMUNITY = 'registry.terraform.io/cloudfoundry-community/cloudfoundry';
const WEB = fixed('cloudfoundry_app.web', app('web'));
const PROXY = fixed('cloudfoundry_app.proxy', proxy(LIST));
const POLICIES = { policies: [policy({ source_app: 'id of web', destination_app: 'id of proxy' })] };

const later = (change: Change, unknown: object): Change => ({ ...change, actions: ['update'], unknown });

const HIDDEN: Readonly<Record<string, readonly Change[]>> = {
  'a list that continues in a hidden environment': [
    later({ ...PROXY, sensitive: { environment: true } }, { environment: { EGRESS_ALLOW_1: true } }),
  ],
  'the ports of a hidden rule': [
    ...SPACE,
    fixed(BINDING, BOUND),
    later(
      { ...fixed('cloudfoundry_security_group.g', group()), sensitive: { rules: true } },
      { rules: [{ ports: true }] },
    ),
  ],
  'the source of a hidden policy': [
    later(
      { ...fixed('cloudfoundry_network_policy.p', POLICIES), sensitive: { policies: true } },
      { policies: [{ source_app: true }] },
    ),
  ],
  "a member of a set that isn't among the known ones": [
    ...SPACE,
    fixed('cloudfoundry_security_group.g', group({ rules: WIDE })),
    later(fixed(BINDING, BOUND), { running_spaces: [false, true] }),
  ],
};

/**
 * The older provider's attributes that consist of blocks. A plan's configuration leaves out what `dynamic` generates.
 */
const DYNAMIC: Readonly<Record<string, readonly [address: string, values: object, unknown: object]>> = {
  'the policies': ['cloudfoundry_network_policy.x', { policy: POLICIES.policies }, { policy: true }],
  'the rules': [
    'cloudfoundry_asg.x',
    { id: 'x', name: 'x', rule: [{ protocol: 'tcp', destination: '10.0.0.1', ports: '443' }] },
    { rule: true },
  ],
  'the destinations of a route': [
    'cloudfoundry_route.x',
    { hostname: 'h', domain: 'd', target: [{ app: 'id of web', port: 8080 }] },
    { target: true },
  ],
  'the port of a route’s destination': [
    'cloudfoundry_route.x',
    { hostname: 'h', domain: 'd', target: [{ app: 'id of web', port: 8080 }] },
    { target: [{ port: true }] },
  ],
  'the routes of an application': [
    'cloudfoundry_app.x',
    { id: 'x', name: 'x', space: 's1', routes: [{ route: 'r' }] },
    { routes: true },
  ],
  'the services of a proxy': [
    'cloudfoundry_app.x',
    { id: 'x', name: 'x', space: 's1', environment: { EGRESS_ALLOW: LIST }, service_binding: [] },
    { service_binding: true },
  ],
};

const OUT = fixed('cloudfoundry_space.out', { id: 's2', name: 'out', org: 'o1', allow_ssh: false });
const GROUP = fixed('cloudfoundry_security_group.g', group({ rules: WIDE }));
const NOT_KNOWN = { references: ['terraform_data.x.output', 'terraform_data.x'] };
const idOf = (address: string) => [`${address}.id`, address];
/** An update in place, for which the provider marks the id as known after apply. */
const updated = ({ address, before }: Change): Change =>
  later(changed(address, { ...before }, { labels: {} }), { id: true });

/** One attribute, for which the plan shows only what the code refers to. */
const ATTRIBUTES: Readonly<
  Record<string, readonly [address: string, before: object, after: object, unknown: object, references: string[]]>
> = {
  'all policies, one of which is from an application': [
    'cloudfoundry_network_policy.x',
    POLICIES,
    {},
    { policies: true },
    idOf('cloudfoundry_app.web'),
  ],
  'one policy': [
    'cloudfoundry_network_policy.x',
    POLICIES,
    { policies: [...POLICIES.policies, null] },
    { policies: [{}, true] },
    NOT_KNOWN.references,
  ],
  'one policy, from an application': [
    'cloudfoundry_network_policy.x',
    POLICIES,
    { policies: [...POLICIES.policies, null] },
    { policies: [{}, true] },
    idOf('cloudfoundry_app.web'),
  ],
  'the destinations of a route, if not only an application': [
    'cloudfoundry_route.x',
    { url: 'x.gov', host: 'x', domain: 'd', destinations: [] },
    { url: 'x.gov', host: 'x', domain: 'd' },
    { destinations: true },
    idOf('cloudfoundry_app.web'),
  ],
  'one route of an application': [
    'cloudfoundry_app.x',
    app('x', { routes: [] }),
    app('x', { routes: [null] }),
    { routes: [true] },
    NOT_KNOWN.references,
  ],
  'all services of an application, one of which may receive its logs': [
    'cloudfoundry_app.x',
    app('x', { service_bindings: [] }),
    app('x'),
    { service_bindings: true },
    NOT_KNOWN.references,
  ],
  'one service of an application, which may receive its logs': [
    'cloudfoundry_app.x',
    app('x', { service_bindings: [] }),
    app('x', { service_bindings: [null] }),
    { service_bindings: [true] },
    NOT_KNOWN.references,
  ],
  'all spaces of a group': [
    BINDING,
    BOUND,
    { security_group: 'g' },
    { running_spaces: true },
    idOf('cloudfoundry_space.out'),
  ],
  'one space of a group, if it may be any': [
    BINDING,
    BOUND,
    { ...BOUND, running_spaces: [null] },
    { running_spaces: [true] },
    [...idOf('cloudfoundry_space.s'), ...NOT_KNOWN.references],
  ],
  ...Object.fromEntries(
    ['sidecars', 'processes', 'service_bindings'].map((name) => [
      `one of the ${name} of a proxy`,
      [
        'cloudfoundry_app.proxy',
        proxy(LIST),
        proxy(LIST, { [name]: [null] }),
        { [name]: [true] },
        NOT_KNOWN.references,
      ],
    ]),
  ),
};

/** Members of collections that the review examines, each hidden as a whole. */
const MEMBERS: Readonly<Record<string, readonly Change[]>> = {
  'a policy': [
    changed(
      'cloudfoundry_network_policy.x',
      POLICIES,
      { policies: [...POLICIES.policies, policy({ port: '1-65535' })] },
      { policies: [false, true] },
    ),
  ],
  ...Object.fromEntries(
    ['sidecars', 'processes'].map((name) => [
      `one of the ${name} of a proxy`,
      [
        changed(
          'cloudfoundry_app.proxy',
          proxy(LIST),
          { [name]: [{ name: 'x', type: 'web', command: 'x' }] },
          { [name]: [true] },
        ),
      ],
    ]),
  ),
};

describe('what is known only after apply is never silent', () => {
  it.each(Object.entries(ATTRIBUTES))('%s', (_, [address, before, after, unknown, references]) => {
    const [name = ''] = Object.keys(unknown);
    const others = [updated(WEB), PROXY, ...SPACE, updated(OUT), GROUP].filter((one) => one.address !== address);
    const output = { address: 'terraform_data.x', provider: 'terraform.io/builtin/terraform', after: {} };
    const resources = [{ address, mode: 'managed', expressions: { [name]: { references } } }];
    const change = { address, actions: ['update'], before, after, unknown };
    const more = { relevant_attributes: [] };
    expect(stopped([...others, { ...output, unknown: { output: true } }, change], { resources, more })).toBe(true);
  });

  it.each(Object.entries(MEMBERS))("%s that is hidden isn't silent either", (_, changes) => {
    expect(stopped([WEB, ...changes])).toBe(true);
  });

  it.each(Object.entries(HIDDEN))('%s', (_, changes) => {
    const others = [WEB, PROXY].filter(({ address }) => changes.every((change) => change.address !== address));
    expect(stopped([...others, ...changes].reverse())).toBe(true);
  });

  it.each(Object.entries(DYNAMIC))('%s, made by a dynamic block', (_, [address, values, unknown]) => {
    const [member = ''] = Object.keys(unknown);
    const isWhole = (unknown as Readonly<Record<string, unknown>>)[member] === true;
    const after = isWhole ? { ...values, [member]: undefined } : values;
    const change = { address, provider: COMMUNITY, actions: ['update'], before: values, after, unknown };
    const asgs = { space: 's1', running_asgs: ['x'], staging_asgs: [] };
    const bound = { ...fixed('cloudfoundry_space_asgs.s', asgs), provider: COMMUNITY };
    const resources = [{ address, mode: 'managed', expressions: { name: {} } }];
    expect(stopped([WEB, PROXY, ...SPACE, bound, change], { resources })).toBe(true);
  });

  it('another route of an application of the older provider, made by a dynamic block', () => {
    const values = { id: 'x', name: 'x', space: 's1', routes: [{ route: 'r' }] };
    const change = changed('cloudfoundry_app.x', values, { routes: [{ route: 'r' }, { route: 'q' }] });
    const resources = [{ address: 'cloudfoundry_app.x', mode: 'managed', expressions: { name: {} } }];
    expect(stopped([...SPACE, { ...change, provider: COMMUNITY }], { resources })).toBe(true);
  });
});

describe('a policy of HCL between two applications that are updated', () => {
  const code: Configuration = {
    resources: [
      {
        address: 'cloudfoundry_network_policy.p',
        mode: 'managed',
        expressions: {
          policies: {
            references: ['web', 'proxy'].flatMap((of) => [`cloudfoundry_app.${of}.id`, `cloudfoundry_app.${of}`]),
          },
        },
      },
    ],
  };
  const updated = (name: string): Change =>
    later(changed(`cloudfoundry_app.${name}`, app(name), { id: undefined, memory: '128M' }), { id: true });
  const ends = { source_app: true, destination_app: true };
  const unclear = later(
    {
      ...fixed('cloudfoundry_network_policy.p', POLICIES),
      after: { policies: [{ port: '80', protocol: 'tcp' }] },
    },
    { policies: [ends] },
  );
  const written = (...ends: Parameters<typeof edge>): Resources => ({
    cloudfoundry_app: { web: app('web', { id: undefined }), proxy: app('proxy', { id: undefined }) },
    ...edge(...ends),
  });
  const stops = (resource?: Resources): boolean =>
    stopped([updated('web'), updated('proxy'), unclear], code, resource && program(resource));

  it('is no change if the program shows its source and destination', () => {
    expect(stops(written('web', 'proxy'))).toBe(false);
  });

  it('is a change if the program reverses it', () => {
    expect(stops(written('proxy', 'web'))).toBe(true);
  });

  it('is unknown without the program, or with one that differs from the plan', () => {
    expect(stops()).toBe(true);
    expect(stops(written('web', 'proxy', '443'))).toBe(true);
  });
});

describe('policies of HCL from a loop, next to an update of their applications', () => {
  const code: Configuration = {
    resources: [
      {
        address: 'cloudfoundry_network_policy.p',
        mode: 'managed',
        expressions: {
          policies: { references: ['cloudfoundry_app.web', 'cloudfoundry_app.proxy.id', 'cloudfoundry_app.proxy'] },
        },
      },
    ],
  };
  const updated = later(changed('cloudfoundry_app.web', app('web'), { id: undefined, memory: '128M' }), { id: true });
  const unclear = later(
    {
      ...fixed('cloudfoundry_network_policy.p', POLICIES),
      after: { policies: [{ destination_app: 'id of proxy', port: '80', protocol: 'tcp' }] },
    },
    { policies: [{ source_app: true }] },
  );
  const made = (loop: string, more: object = {}): object =>
    program(
      {
        cloudfoundry_app: { web: app('web', { id: undefined }), proxy: proxy(LIST, { id: undefined }) },
        cloudfoundry_network_policy: { p: { policies: loop } },
      },
      more,
    );
  const each = '{ source_app = a.id, destination_app = cloudfoundry_app.proxy.id, port = "80", protocol = "tcp" }';
  const stops = (of: object): boolean => stopped([updated, PROXY, unclear], code, of);

  it('are no change', () => {
    expect(stops(made(`\${[for a in [cloudfoundry_app.web] : ${each}]}`))).toBe(false);
    const locals = { locals: { clients: '${{ web = cloudfoundry_app.web }}' } };
    expect(stops(made(`\${[for name, a in local.clients : ${each}]}`, locals))).toBe(false);
  });

  it('are unknown if they depend on a condition, even through a local value', () => {
    expect(stops(made(`\${[for a in [cloudfoundry_app.web] : ${each} if a.id != "x"]}`))).toBe(true);
    const locals = { locals: { clients: '${cloudfoundry_app.web.id == "x" ? [] : [cloudfoundry_app.web]}' } };
    expect(stops(made(`\${[for a in local.clients : ${each}]}`, locals))).toBe(true);
  });
});

describe('an approval of what is known only after apply covers only what the code refers to', () => {
  const from = (name: string): Configuration => ({
    resources: [
      {
        address: 'cloudfoundry_app.proxy',
        mode: 'managed',
        expressions: { environment: { references: [`terraform_data.${name}.output`, `terraform_data.${name}`] } },
      },
    ],
  });

  it('such as the service that provides a host', () => {
    const environment = { EGRESS_ALLOW: '$EGRESS_HOST_X:443@10.0.0.0/24' };
    const change = later(changed('cloudfoundry_app.proxy', proxy(''), { environment }), {
      environment: { EGRESS_HOST_X: true },
    });
    const approval = (name: string): string => reviewed([WEB, change], from(name)).digest;
    expect(approval('b')).not.toBe(approval('a'));
    expect(approval('a')).toBe(approval('a'));
  });

  describe('and what that is made of', () => {
    const CLIENT = fixed('cloudfoundry_network_policy.p', POLICIES);
    const image = later(changed('cloudfoundry_app.proxy', proxy(LIST), { docker_image: null }), { docker_image: true });
    const data = (name: string, input: unknown, unknown: object = {}, sensitive: object = {}): Change => ({
      ...{ address: `terraform_data.${name}`, provider: 'terraform.io/builtin/terraform', actions: ['update'] },
      ...{
        before: { input: 'old', output: 'old' },
        after: { input },
        unknown: { output: true, ...unknown },
        sensitive,
      },
    });
    const said = (name: string, expressions: object): object => ({
      address: name,
      mode: 'managed',
      type: name.split('.')[0],
      expressions,
    });
    const from = (...references: readonly string[]): object => ({ references });
    const approval = (changes: readonly Change[], code: readonly object[], whole?: object): string => {
      const { widens, digest } = reviewed([WEB, CLIENT, image, ...changes], { resources: code }, whole);
      expect(widens).toBe(true);
      return digest;
    };
    const CODE = [
      said('cloudfoundry_app.proxy', { docker_image: from('terraform_data.a.output', 'terraform_data.a') }),
      said('terraform_data.a', { input: from('var.image') }),
    ];

    it('in the plan', () => {
      const one = approval([data('a', 'r/proxy:1')], CODE);
      expect(approval([data('a', 'r/evil:1')], CODE)).not.toBe(one);
      expect(approval([data('a', 'r/proxy:1')], CODE)).toBe(one);
    });

    it('at any depth', () => {
      const code = [
        ...CODE.slice(0, 1),
        said('terraform_data.a', { input: from('terraform_data.b.output', 'terraform_data.b') }),
        said('terraform_data.b', { input: from('var.image') }),
      ];
      const through = (input: string): readonly Change[] => [data('a', null, { input: true }), data('b', input)];
      expect(approval(through('r/evil:1'), code)).not.toBe(approval(through('r/proxy:1'), code));
    });

    it('behind a local value', () => {
      const code = [said('cloudfoundry_app.proxy', { docker_image: from('local.image') }), ...CODE.slice(1)];
      expect(approval([data('a', 'r/evil:1')], code)).not.toBe(approval([data('a', 'r/proxy:1')], code));
    });

    it('in the expression itself, if the program is available', () => {
      const written = (text: string): object =>
        program({
          cloudfoundry_app: { proxy: { ...proxy(LIST), docker_image: `${text}\${terraform_data.a.output}` } },
        });
      const of = (text: string): string => approval([data('a', 'x')], CODE, written(text));
      expect(of('r/evil')).not.toBe(of('r/proxy'));
    });

    it('and contains nothing of a secret', () => {
      const of = (input: string): string => approval([data('a', input, {}, { input: true })], CODE);
      expect(of('another secret')).toBe(of('a secret'));
    });

    it('and is the same whatever else changes', () => {
      const other = (memory: string): Change => changed('cloudfoundry_app.other', app('other'), { memory });
      const of = (memory: string): string => approval([data('a', 'r/proxy:1'), other(memory)], CODE);
      expect(of('128M')).toBe(of('64M'));
    });
  });

  it('and what a group opens that may be bound to some space', () => {
    const approval = (destination: string): string =>
      reviewed([
        ...SPACE,
        WEB,
        fixed('cloudfoundry_security_group.g', group({ rules: [{ protocol: 'all', destination }] })),
        { address: BINDING, before: null, after: { security_group: 'g' }, unknown: { running_spaces: true } },
      ]).digest;
    expect(approval('0.0.0.0/0')).not.toBe(approval('10.1.1.1/32'));
  });

  it('and the content of a second application with the same name', () => {
    const approval = (list: string): string =>
      reviewed([{ address: 'cloudfoundry_app.first', before: null, after: proxy(list) }, PROXY]).digest;
    expect(approval('evil.example:443')).not.toBe(approval(LIST));
  });
});
