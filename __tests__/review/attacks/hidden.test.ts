import type { Change } from '../support/plan';
import {
  app,
  BINDING,
  BOUND,
  changed,
  fixed,
  group,
  LIST,
  policy,
  proxy,
  reviewed,
  SPACE,
  stopped,
  WIDE,
  type Values,
} from './attempts';

const DOMAIN = fixed('cloudfoundry_domain.d', { id: 'd', name: 'example.gov', internal: false });
const ROUTE = { domain: 'd', host: 'a', path: '/x', destinations: [{ app_id: 'id of web' }] };
const WEB = fixed('cloudfoundry_app.web', app('web'));

/** Changes of one policy that is sensitive in part. */
const policies = (change: object, sensitive: object): Change[] => [
  changed(
    'cloudfoundry_network_policy.p',
    { policies: [policy()] },
    { policies: [policy({ ...change })] },
    { policies: [sensitive] },
  ),
];

const route = (change: Readonly<Record<string, unknown>>, sensitive: object): Change[] => [
  DOMAIN,
  WEB,
  changed('cloudfoundry_route.r', ROUTE, change, sensitive),
];

const own = (before: unknown, after: unknown, sensitive: object): Change[] => [
  changed('cloudfoundry_app.web', app('web', { routes: before }), { routes: after }, sensitive),
];

const bound = (before: object, after: object, ...binding: readonly Change[]): Change[] => [
  ...SPACE,
  changed('cloudfoundry_security_group.g', group({ ...before }), { ...after }),
  ...binding,
];

const role = (change: Values): Change[] => [
  ...SPACE,
  changed('cloudfoundry_space_role.r', { type: 'space_auditor', username: 'eve', space: 's1' }, change, {
    type: true,
    username: true,
  }),
];

const service = (attribute: string, more: readonly Change[] = []): Change[] => [
  ...SPACE,
  changed(
    'cloudfoundry_service_instance.i',
    { id: 'i', name: 'i', space: 's1', [attribute]: 'https://a.example' },
    { [attribute]: 'https://b.example' },
    { [attribute]: true },
  ),
  ...more,
];

/** Changes of a proxy with a client. */
const part = (attribute: string, after: object, sensitive: object): Change[] => [
  WEB,
  fixed('cloudfoundry_network_policy.p', {
    policies: [policy({ source_app: 'id of web', destination_app: 'id of proxy', port: '3128' })],
  }),
  changed('cloudfoundry_app.proxy', proxy(LIST), { [attribute]: after }, { [attribute]: sensitive }),
];

const HIDDEN_SPACES: Change = { ...fixed(BINDING, BOUND), sensitive: { running_spaces: true } };
const rule = (destination: string): object => ({ rules: [{ protocol: 'tcp', destination, ports: '443' }] });

const ATTEMPTS: Readonly<Record<string, readonly Change[]>> = {
  'the host of a route': route({ host: 'b' }, { host: true }),
  'the path of a route': route({ path: '/y' }, { path: true }),
  'the port of a route': route({ port: 1024 }, { port: true }),
  'the domain of a route': route({ domain: 'e' }, { domain: true }),
  'the destinations of a route': route({ destinations: [{ app_id: 'other' }] }, { destinations: [{ app_id: true }] }),
  'routes of an application': own([{ route: 'a.example.gov' }], [{ route: 'b.example.gov' }], { routes: true }),
  'one route of an application': own([{ route: 'a.example.gov' }], [{ route: 'b.example.gov' }], {
    routes: [{ route: true }],
  }),
  'whether a route is random': [
    changed(
      'cloudfoundry_app.web',
      app('web', { random_route: false }),
      { random_route: true },
      { random_route: true },
    ),
  ],
  'whether a domain is internal': [
    WEB,
    changed(
      'cloudfoundry_domain.d',
      { id: 'd', name: 'x.apps.internal', internal: true },
      { internal: false },
      { internal: true },
    ),
    fixed('cloudfoundry_route.r', ROUTE),
  ],
  'the space of an application': [
    changed('cloudfoundry_app.web', app('web'), { space_name: 'open' }, { space_name: true }),
  ],
  'the group of a binding': [...SPACE, changed(BINDING, BOUND, { security_group: 'h' }, { security_group: true })],
  'whether a group is global': [
    changed(
      'cloudfoundry_security_group.g',
      group(),
      { globally_enabled_running: true },
      { globally_enabled_running: true },
    ),
  ],
  'rules of a group that may be global': [
    changed(
      'cloudfoundry_security_group.g',
      group({ globally_enabled_running: true }),
      { rules: WIDE },
      { globally_enabled_running: true },
    ),
  ],
  'rules of a group that some space uses': bound({}, { rules: WIDE }, HIDDEN_SPACES),
  'an unreadable rule of a group that some space uses': bound(rule('fd00::/64'), rule('::/0'), HIDDEN_SPACES),
  'which group some space uses': [
    ...SPACE,
    fixed('cloudfoundry_security_group.g', group()),
    fixed('cloudfoundry_security_group.wide', group({ id: 'h', name: 'wide', rules: WIDE })),
    changed(BINDING, BOUND, { security_group: 'h' }, { running_spaces: true }),
  ],
  'the second of two hidden parts of a rule': [
    ...SPACE,
    fixed(BINDING, BOUND),
    changed(
      'cloudfoundry_security_group.g',
      group(),
      { rules: [{ protocol: 'tcp', destination: '1.1.1.1', ports: '1-65535' }] },
      { rules: [{ destination: true, ports: true }] },
    ),
  ],
  'the visible part of a rule with a hidden description': [
    ...SPACE,
    fixed(BINDING, BOUND),
    changed('cloudfoundry_security_group.g', group(), { rules: WIDE }, { rules: [{ description: true }] }),
  ],
  'the type of a role': role({ type: 'space_developer' }),
  'the user of a role': role({ username: 'mallory' }),
  'where logs go': service('syslog_drain_url', [
    fixed('cloudfoundry_app.web', app('web', { service_bindings: [{ service_instance: 'i' }] })),
  ]),
  'where requests go': service('route_service_url', [
    DOMAIN,
    fixed('cloudfoundry_route.r', { ...ROUTE, id: 'r' }),
    fixed('cloudfoundry_service_route_binding.b', { route: 'r', service_instance: 'i' }),
  ]),
  'the name of a sidecar': part('sidecars', [{ name: 'agent', command: 'run' }], [{ name: true }]),
  'the type of a process': part('processes', [{ type: 'agent', command: 'run' }], [{ type: true }]),
  'the name of a bound service': part(
    'service_bindings',
    [{ service_instance: 'i', params: '{}' }],
    [{ service_instance: true }],
  ),
  'the destination of a policy': policies({ destination_app: 'c' }, { source_app: true, destination_app: true }),
  'the ports of a policy with a hidden source': policies({ port: '1-65535' }, { source_app: true }),
  'the source of a policy with hidden ports': policies({ source_app: 'x' }, { source_app: true, port: true }),
  'the protocol of a policy with hidden ports': policies({ protocol: 'udp' }, { protocol: true, port: true }),
};

/** In these cases, the review shows the whole change, and the hidden part doesn't change. */
const SHOWN = new Set(['rules of a group that may be global', 'the visible part of a rule with a hidden description']);

describe('a change of a sensitive value, or next to one, is never silent', () => {
  it.each(Object.entries(ATTEMPTS))('%s', (_, changes) => {
    expect(stopped(changes)).toBe(true);
  });

  const hidden = Object.entries(ATTEMPTS).filter(([what]) => !SHOWN.has(what));
  it.each(hidden)('%s is approved only for the code that sets it', (_, changes) => {
    const approval = (written: string): string => reviewed(changes, { more: { configuration: { written } } }).digest;
    expect(approval('b')).not.toBe(approval('a'));
  });

  it.each(Object.entries(ATTEMPTS))('%s leaves no hash of its value in the output', (_, changes) => {
    expect(JSON.stringify(reviewed(changes))).not.toMatch(/sensitive [0-9a-f-]{36} /);
  });

  it('the name of a replaced resource is not shown', () => {
    const replaced: Change = {
      ...changed('cloudfoundry_app.web', app('canary'), { id: undefined }, { name: true }),
      actions: ['delete', 'create'],
    };
    const report = reviewed([replaced]);
    expect(report.environments[0]?.replaced).toHaveLength(1);
    expect(JSON.stringify(report)).not.toContain('canary');
  });

  it('but without a change nothing is reported', () => {
    expect(stopped(bound({}, {}, HIDDEN_SPACES))).toBe(false);
    expect(stopped(route({}, { host: true }))).toBe(false);
    expect(stopped(policies({}, { source_app: true, destination_app: true, port: true }))).toBe(false);
  });
});
