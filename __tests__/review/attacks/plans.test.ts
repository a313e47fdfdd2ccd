import { reviewPlans } from '../../../review/review';
import { plan, type Change, type Configuration, planFile } from '../support/plan';
import {
  app,
  BINDING,
  BOUND,
  changed,
  fixed,
  group,
  LIST,
  LONGER,
  made,
  program,
  proxy,
  reviewed,
  RULES,
  SPACE,
  stopped,
  WIDE,
  type Values,
} from './attempts';

const WEB = fixed('cloudfoundry_app.web', app('web'));
const GROUP = fixed('cloudfoundry_security_group.g', group({ rules: WIDE }));
const grown = changed('cloudfoundry_app.proxy', proxy(LIST), proxy(LONGER));

const policyTo = (port: string) => ({
  policies: [{ source_app: 'id of web', destination_app: 'id of proxy', port, protocol: 'tcp' }],
});
const ruled = (rule: object): Change[] => [
  ...SPACE,
  fixed(BINDING, BOUND),
  changed('cloudfoundry_security_group.g', group(), { rules: [...RULES, rule] }),
];
const route = (url: string): Change =>
  changed('cloudfoundry_app.web', app('web', { routes: [] }), { routes: [{ route: url }] });

/** An application that can connect to the proxy. */
const ASKING = [WEB, fixed('cloudfoundry_network_policy.p', policyTo('3128'))];
/** A changed environment of the proxy. */
const lists = (before: object, after: object): Change => {
  const environment = { EGRESS_ALLOW: '', EGRESS_CLIENTS: '' };
  return changed('cloudfoundry_app.proxy', proxy('', { environment: { ...environment, ...before } }), {
    environment: { ...environment, ...after },
  });
};
const COMMUNITY = 'registry.terraform.io/cloudfoundry-community/cloudfoundry';
const olderProxy = (json: string): Values => ({
  ...proxy(LIST, { space: 's1' }),
  service_binding: [{ service_instance: 'i', params: {}, params_json: json }],
});
const forwardedFrom = (before: object): Change => {
  const environment = { EGRESS_FORWARD: 'a.example:25/tcp' };
  return changed('cloudfoundry_app.proxy', proxy('', { environment: { ...environment, ...before } }), {
    environment: { ...environment, EGRESS_FORWARD_PORT: '3128' },
  });
};

const ATTEMPTS: Readonly<Record<string, readonly Change[]>> = {
  'a second application with the name, which the provider takes over': [
    made('cloudfoundry_app.first', proxy(LONGER)),
    fixed('cloudfoundry_app.proxy', proxy(LIST)),
  ],
  'a forgotten application, taken over under another address': [
    made('cloudfoundry_app.first', proxy(LONGER)),
    { ...changed('cloudfoundry_app.proxy', proxy(LIST), {}), actions: ['forget'] },
  ],
  'a forgotten group, imported under another address': [
    ...SPACE,
    fixed(BINDING, BOUND),
    changed('cloudfoundry_security_group.first', group(), { rules: WIDE }),
    { ...changed('cloudfoundry_security_group.g', group(), {}), actions: ['forget'] },
  ],
  'an application of a space with a slash in its name': [
    changed('cloudfoundry_app.first', proxy(LIST, { name: 'b/p' }), proxy(LONGER, { name: 'b/p' })),
    fixed('cloudfoundry_app.second', proxy(LIST, { id: '2', name: 'p', space_name: 's/b' })),
  ],
  'a list that grows while the application before it is forgotten': [
    WEB,
    fixed('cloudfoundry_network_policy.p', policyTo('3128')),
    { ...grown, actions: ['create', 'forget'] },
  ],
  'a policy that widens while the one before it is forgotten': [
    WEB,
    fixed('cloudfoundry_app.proxy', proxy(LIST)),
    {
      ...changed('cloudfoundry_network_policy.p', policyTo('3128'), policyTo('1-65535')),
      actions: ['forget', 'create'],
    },
  ],
  'an application that replaces another one whose joined names look the same': [
    changed('cloudfoundry_app.web', app('web', { name: 'b/web' }), { space_name: 's/b', name: 'web' }),
  ],
  "a line for a client that isn't in the code, which becomes a line for all": [
    ...ASKING,
    lists({ EGRESS_CLIENTS: 'ghost a.example:443' }, { EGRESS_ALLOW: LIST }),
  ],
  "a line for a client that isn't in the code, which becomes another client's": [
    ...ASKING,
    lists({ EGRESS_CLIENTS: 'ghost a.example:443' }, { EGRESS_CLIENTS: 'web a.example:443' }),
  ],
  "a line for one client that becomes another client's, with policies elsewhere": [
    lists({ EGRESS_CLIENTS: 'web a.example:443' }, { EGRESS_CLIENTS: 'api a.example:443' }),
  ],
  'a line for one client that becomes a line for all, with policies elsewhere': [
    lists({ EGRESS_CLIENTS: 'web a.example:443' }, { EGRESS_ALLOW: LIST }),
  ],
  'removing a line that keeps a proxy from starting': [
    ...ASKING,
    lists({ EGRESS_ALLOW: `${LIST}\n**` }, { EGRESS_ALLOW: LIST }),
  ],
  'closing a gap that keeps a proxy from starting': [
    ...ASKING,
    changed('cloudfoundry_app.proxy', proxy('', { environment: { EGRESS_ALLOW: LIST, EGRESS_ALLOW_3: 'x' } }), {
      environment: { EGRESS_ALLOW: LIST },
    }),
  ],
  'removing a part that keeps a proxy of another kind from starting': [
    ...ASKING,
    changed('cloudfoundry_app.proxy', proxy('', { environment: { PROXY_ALLOW: 'a.example b.example:1' } }), {
      environment: { PROXY_ALLOW: 'a.example' },
    }),
  ],
  'parameters of a proxy’s service next to empty ones': [
    { ...changed('cloudfoundry_app.older', olderProxy('{}'), olderProxy('{"LD_PRELOAD":"x"}')), provider: COMMUNITY },
  ],
  'the first port of a forwarder that had none': [...ASKING, forwardedFrom({})],
  'a port of a forwarder that replaces an invalid one': [...ASKING, forwardedFrom({ EGRESS_FORWARD_PORT: '03128' })],
  'a path that ends like the internal domain': [route('web.example.gov/x.apps.internal')],
  'a route of an unknown domain whose path ends like the internal one': [
    WEB,
    made('cloudfoundry_route.r', {
      url: 'web.example.gov/x.apps.internal',
      domain: 'unknown',
      host: 'web',
      destinations: [{ app_id: 'id of web' }],
    }),
  ],
  'a public domain below an internal one': [
    fixed('cloudfoundry_domain.i', { id: 'i', name: 'gov', internal: true }),
    fixed('cloudfoundry_domain.e', { id: 'e', name: 'example.gov', internal: false }),
    route('web.example.gov'),
  ],
  'a longer list next to a policy for another port of the proxy': [
    WEB,
    fixed('cloudfoundry_network_policy.p', policyTo('9100')),
    grown,
  ],
  'a longer list when the last client leaves the code': [
    WEB,
    { address: 'cloudfoundry_network_policy.p', before: policyTo('61443'), after: null },
    grown,
  ],
  'a space that opens when its last application leaves the code': [
    ...SPACE,
    GROUP,
    { address: 'cloudfoundry_app.web', before: app('web'), after: null },
    made(BINDING, BOUND),
  ],
  'staging that opens for a space of images': [
    ...SPACE,
    GROUP,
    fixed('cloudfoundry_app.web', app('web', { docker_image: 'a:1' })),
    made(BINDING, { security_group: 'g', staging_spaces: ['s1'] }),
  ],
  'files instead of an image if staging is open': [
    ...SPACE,
    GROUP,
    changed('cloudfoundry_app.web', app('web', { docker_image: 'a:1' }), { docker_image: null, path: 'x.zip' }),
    fixed(BINDING, { security_group: 'g', staging_spaces: ['s1'] }),
  ],
  'a rule for IPv6': ruled({ protocol: 'tcp', destination: '2001:db8::/32', ports: '443' }),
  'an invalid ICMP type': ruled({ protocol: 'icmp', destination: '0.0.0.0/0', type: 1e300, code: 0 }),
  'another text in a list with a gap': [
    changed('cloudfoundry_app.proxy', app('proxy', { environment: { EGRESS_ALLOW: LIST, EGRESS_ALLOW_3: LIST } }), {
      environment: { EGRESS_ALLOW: LIST, EGRESS_ALLOW_3: LONGER },
    }),
  ],
  'another service of a proxy': [
    changed('cloudfoundry_app.proxy', proxy(LIST, { service_bindings: [{ service_instance: 'a' }] }), {
      service_bindings: [{ service_instance: 'b' }],
    }),
  ],
  'other credentials of a service of a proxy': [
    fixed('cloudfoundry_app.proxy', proxy(LIST, { service_bindings: [{ service_instance: 'a' }] })),
    changed('cloudfoundry_service_instance.a', { name: 'a', credentials: '{}' }, { credentials: '{"up":"evil"}' }),
  ],
  'other credentials of a service that a separate binding gives to a proxy': [
    fixed('cloudfoundry_app.proxy', proxy(LIST)),
    fixed('cloudfoundry_service_credential_binding.b', { app: 'id of proxy', service_instance: 'u', type: 'app' }),
    changed('cloudfoundry_service_instance.a', { id: 'u', name: 'a', credentials: '{}' }, { credentials: '{"a":1}' }),
  ],
  "a key of a service whose plan isn't in the Terraform plan": [
    fixed('cloudfoundry_service_instance.m', { id: 'm', name: 'm', space: 's1', type: 'managed', service_plan: 'p' }),
    made('cloudfoundry_service_credential_binding.k', { type: 'key', name: 'k', service_instance: 'm' }),
  ],
  'another image of an application with an internal route, and without a client in the code': [
    fixed('cloudfoundry_domain.i', { id: 'i', name: 'apps.internal', internal: true }),
    fixed('cloudfoundry_route.r', { domain: 'i', host: 'web', destinations: [{ app_id: 'id of web' }] }),
    changed('cloudfoundry_app.web', app('web', { docker_image: 'squid:1' }), { docker_image: 'evil:1' }),
  ],
};

describe('a plan that widens reach is stopped', () => {
  it.each(Object.entries(ATTEMPTS))('%s', (_, changes) => {
    expect(stopped(changes)).toBe(true);
  });

  it.each(['"', ']', '[0]', '.'])('a provisioner of an instance whose key contains %s', (sign) => {
    const address = `terraform_data.x[${JSON.stringify(`a${sign}b`)}]`;
    const provider = 'terraform.io/builtin/terraform';
    const resource = { address: 'terraform_data.x', mode: 'managed', type: 'terraform_data' };
    const configuration = (more: object): Configuration => ({ resources: [{ ...resource, ...more }] });
    const changes = [{ address, provider, before: null, after: { input: 1 } }];
    expect(stopped(changes, configuration({ provisioners: [{ type: 'local-exec' }] }))).toBe(true);
    expect(stopped(changes, configuration({}))).toBe(false);
  });

  it('a public domain that is named like an internal one, and is created by the same plan', () => {
    const route = { host: 'web', destinations: [{ app_id: 'id of web' }] };
    const changes = [
      WEB,
      made('cloudfoundry_domain.d', { name: 'x.apps.internal' }, { id: true, internal: true }),
      made('cloudfoundry_route.r', route, { domain: true }),
    ];
    const domain = { references: ['cloudfoundry_domain.d.id', 'cloudfoundry_domain.d'] };
    const name = { constant_value: 'x.apps.internal' };
    const resources = [
      { address: 'cloudfoundry_domain.d', expressions: { name } },
      { address: 'cloudfoundry_route.r', expressions: { domain } },
    ];
    expect(stopped(changes, { resources })).toBe(true);
  });

  it.each([
    ['team/proxy:1', 'docker.io/team/proxy:1'],
    ['index.docker.io/team/proxy:1', 'team/proxy:1'],
    ['library/proxy', 'docker.io/proxy:latest'],
    ['ghcr.io/team/proxy:1', 'GHCR.io:443/team/proxy:1'],
  ])('another image that is pushed as %s and deployed as %s', (pushed, image) => {
    const provider = 'registry.terraform.io/kreuzwerker/docker';
    const push: Change = { address: 'docker_registry_image.i', provider, before: null, after: { name: pushed } };
    expect(stopped([fixed('cloudfoundry_app.proxy', proxy(LIST, { docker_image: image })), push])).toBe(true);
  });

  it('another image that is pushed under a name that is known only after apply', () => {
    const provider = 'registry.terraform.io/kreuzwerker/docker';
    const push: Change = { address: 'docker_registry_image.i', provider, after: {}, unknown: { name: true } };
    const run = (image: string): Change => fixed('cloudfoundry_app.proxy', proxy(LIST, { docker_image: image }));
    expect(stopped([run('ghcr.io/team/proxy:1'), push])).toBe(true);
    expect(stopped([run('ghcr.io/team/proxy@sha256:1'), push])).toBe(false);
  });

  it.each(['docker_container', 'docker_service', 'docker_plugin'])('a program that a %s runs', (type) => {
    const provider = 'registry.terraform.io/kreuzwerker/docker';
    expect(stopped([{ address: `${type}.x`, provider, before: null, after: { image: 'a:1' } }])).toBe(true);
  });

  it.each([
    ['list', grown],
    ['program', changed('cloudfoundry_app.proxy', proxy(LIST), { docker_image: 'evil:1' })],
  ])('a new declaration that a space reaches nothing hides no other %s of its proxy', (_, change) => {
    const notes = { 'space-egress': { claims: [{ space: 'o/s', groups: [] }] } };
    const program = { '//': notes, resource: { cloudfoundry_app: { proxy: app('proxy') } } };
    expect(stopped([change], {}, program)).toBe(true);
  });

  it('a new declaration hides no other program of an application without a list', () => {
    const notes = { 'space-egress': { claims: [{ space: 'o/s', groups: [] }] } };
    const changes = [
      fixed('cloudfoundry_app.web', app('web', { space_name: 'closed' })),
      fixed('cloudfoundry_network_policy.p', policyTo('3128')),
      changed('cloudfoundry_app.proxy', app('proxy', { docker_image: 'a:1' }), { docker_image: 'evil:1' }),
    ];
    const program = { '//': notes, resource: { cloudfoundry_app: { proxy: app('proxy') } } };
    expect(stopped(changes, {}, program)).toBe(true);
  });
});

describe('a condition that picks an id, next to an update of the application', () => {
  const UPDATED: Change = {
    ...changed('cloudfoundry_app.web', app('web', { memory: '64M' }), { memory: '128M' }),
    unknown: { id: true },
  };
  const OTHERS = [fixed('cloudfoundry_app.proxy', proxy(LIST))];
  const ends = { destination_app: 'id of proxy', port: '3128', protocol: 'tcp' };
  const POLICY: Change = {
    address: 'cloudfoundry_network_policy.p',
    before: policyTo('3128'),
    after: { policies: [ends] },
    unknown: { policies: [{ source_app: true }] },
  };
  const expressions = { policies: { references: ['cloudfoundry_app.web.id', 'cloudfoundry_app.web'] } };
  const configuration: Configuration = {
    resources: [
      { address: 'cloudfoundry_app.web', mode: 'managed', expressions: { name: {} } },
      { address: 'cloudfoundry_network_policy.p', mode: 'managed', expressions },
    ],
  };
  const written = (source: string): object => ({
    resource: {
      cloudfoundry_app: { web: { name: 'web' } },
      cloudfoundry_network_policy: { p: { policies: [{ ...ends, source_app: source }] } },
    },
  });

  it('is stopped if the program is available', () => {
    const condition = '${cloudfoundry_app.web.id == "" ? cloudfoundry_app.web.id : "id of another"}';
    expect(stopped([UPDATED, ...OTHERS, POLICY], configuration, written(condition))).toBe(true);
  });

  it("isn't assumed if the program names the application", () => {
    expect(stopped([UPDATED, ...OTHERS, POLICY], configuration, written('${cloudfoundry_app.web.id}'))).toBe(false);
    expect(stopped([UPDATED, ...OTHERS, POLICY], configuration)).toBe(false);
  });
});

describe('the port of a route’s destination that the code no longer has, next to an update of the application', () => {
  const route = (port: number, url = 'web.d') => ({
    host: 'web',
    domain: 'd',
    url,
    destinations: [{ app_id: 'id of web', app_process_type: 'web', port, protocol: 'http1' }],
  });
  // A port that the code sets is in the plan.
  const changes = (port: number, more: Values, { isSaid = false, url = 'web.d' } = {}): Change[] => [
    {
      ...changed('cloudfoundry_app.web', app('web', { memory: '64M', ...more }), { memory: '128M' }),
      unknown: { id: true },
    },
    {
      address: 'cloudfoundry_route.r',
      before: route(port, url),
      after: { ...route(port, url), destinations: [isSaid ? { port } : {}] },
      unknown: {
        destinations: [{ app_id: true, app_process_type: true, protocol: true, ...(!isSaid && { port: true }) }],
      },
    },
  ];
  const expressions = { destinations: { references: ['cloudfoundry_app.web.id', 'cloudfoundry_app.web'] } };
  const configuration: Configuration = {
    resources: [
      { address: 'cloudfoundry_app.web', mode: 'managed', expressions: { name: {} } },
      { address: 'cloudfoundry_route.r', mode: 'managed', expressions },
    ],
  };
  const IMAGE = { docker_image: 'a:1' };

  it.each([
    ['is stopped for an application pushed as files, which otherwise has one port', 3000, {}, {}, true],
    ['is not reported if it was that port', 8080, {}, {}, false],
    ['is not reported if the code still has it', 3000, {}, { isSaid: true }, false],
    ['is not reported for an image without the program before the change', 3000, IMAGE, {}, false],
    ['is not reported for an image if the code still has it', 3000, IMAGE, { isSaid: true }, false],
    ['is not reported for a route that is only a name', 3000, IMAGE, { url: 'web.apps.internal' }, false],
  ])('%s', (_, port, more, how, stops) => {
    expect(stopped(changes(port, more, how), configuration)).toBe(stops);
  });

  it.each([
    ['is not reported for an image if the program before the change had no port either', {}, false],
    ['is stopped for an image if the program before the change had a port', { port: 3000 }, true],
  ])('%s', (_, destination, stops) => {
    const app_id = '${cloudfoundry_app.web.id}';
    const before = (more: Values) => program({ cloudfoundry_route: { r: { destinations: [{ app_id, ...more }] } } });
    const [trees, earlier] = [before({}), before(destination)].map((json) => [{ name: 'p', json }]);
    const file = planFile(plan(changes(3000, IMAGE), configuration), 'p');
    expect(reviewPlans([file], trees, undefined, undefined, earlier).widens).toBe(stops);
  });
});

describe('settings of the engine and of providers, whose former values a plan lacks', () => {
  const file = planFile(plan([fixed('cloudfoundry_app.web', app('web'))]), 'p');
  const stops = (before: object, after: object): boolean => {
    const [earlier, trees] = [before, after].map((more) => [{ name: 'p', json: program({}, more) }]);
    return reviewPlans([file], trees, undefined, undefined, earlier).widens;
  };
  const api = (url: string) => ({ provider: { cloudfoundry: [{ api_url: url }] } });
  const state = (key: string) => ({ terraform: { backend: { s3: { key } } } });

  it.each<[string, object, object]>([
    ['another foundation', api('https://api.a.example'), api('https://api.b.example')],
    ['a foundation if none was set', {}, api('https://api.b.example')],
    ['another state', state('a'), state('b')],
  ])('%s is stopped if the program before the change is available', (_, before, after) => {
    expect(stops(before, after)).toBe(true);
    expect(stops(after, after)).toBe(false);
  });
});

describe('a provisioner of a `removed` block, which runs when the plan destroys something', () => {
  const gone = (address: string, reason = 'delete_because_no_resource_config'): Change => ({
    address,
    provider: 'terraform.io/builtin/terraform',
    before: {},
    reason,
  });
  const removes = (more: object) => ({
    removed: [{ from: 'terraform_data.x', lifecycle: { destroy: true }, ...more }],
  });
  const RUNS = { provisioner: [{ 'local-exec': { when: 'destroy', command: 'env' } }] };

  it('is stopped if the program is available, because only that contains it', () => {
    expect(stopped([gone('terraform_data.x')], {}, removes(RUNS))).toBe(true);
    expect(stopped([gone('terraform_data.x["a.b"]')], {}, removes(RUNS))).toBe(true);
    expect(stopped([gone('terraform_data.x')], {}, removes({}))).toBe(false);
    expect(stopped([gone('terraform_data.y')], {}, removes(RUNS))).toBe(false);
    expect(stopped([gone('terraform_data.x', 'delete_because_count_index')], {}, removes(RUNS))).toBe(false);
  });

  it('is reported as not examined otherwise', () => {
    const unseen = (changes: readonly Change[]): string =>
      JSON.stringify(reviewed(changes).environments.map(({ notLookedAt }) => notLookedAt));
    expect(unseen([gone('terraform_data.x')])).toContain('what `removed` blocks run');
    expect(unseen([])).not.toContain('removed');
  });
});

describe('a list of a proxy whose space opens nothing in the code', () => {
  const closed = (list: string): Values => proxy(list);
  const longer = (before: string, after: string): boolean =>
    stopped([...SPACE, ...ASKING, changed('cloudfoundry_app.proxy', closed(before), closed(after))]);

  it('is read as if the space were opened elsewhere, because the list would be useless otherwise', () => {
    expect(longer(LIST, LONGER)).toBe(true);
    expect(longer(LIST, `${LIST}/tcp`)).toBe(true);
    expect(longer(LIST, 'audit')).toBe(true);
    expect(longer(LONGER, LIST)).toBe(false);
    expect(longer(LIST, LIST)).toBe(false);
  });
});
