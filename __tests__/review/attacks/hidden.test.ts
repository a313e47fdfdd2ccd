import type { Change } from '../support/plan';
import { app, BINDING, BOUND, changed, fixed, group, policy, SPACE, stopped, WIDE } from './attempts';

const DOMAIN = fixed('cloudfoundry_domain.d', { id: 'd', name: 'example.gov', internal: false });
const ROUTE = { domain: 'd', host: 'a', path: '/x', destinations: [{ app_id: 'id of web' }] };
const WEB = fixed('cloudfoundry_app.web', app('web'));

/** Of one policy of which some is sensitive. */
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

const HIDDEN_SPACES: Change = { ...fixed(BINDING, BOUND), sensitive: { running_spaces: true } };
const rule = (destination: string): object => ({ rules: [{ protocol: 'tcp', destination, ports: '443' }] });

const ATTEMPTS: Readonly<Record<string, readonly Change[]>> = {
  'the host of a route': route({ host: 'b' }, { host: true }),
  'the path of a route': route({ path: '/y' }, { path: true }),
  'the domain of a route': route({ domain: 'e' }, { domain: true }),
  'where a route leads': route({ destinations: [{ app_id: 'other' }] }, { destinations: [{ app_id: true }] }),
  'routes of an application': own([{ route: 'a.example.gov' }], [{ route: 'b.example.gov' }], { routes: true }),
  'a route among those of an application': own([{ route: 'a.example.gov' }], [{ route: 'b.example.gov' }], {
    routes: [{ route: true }],
  }),
  'whether a route is made at random': [
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
  'rules of a group that some space has': bound({}, { rules: WIDE }, HIDDEN_SPACES),
  'a rule that can’t be read of a group that some space has': bound(rule('fd00::/64'), rule('::/0'), HIDDEN_SPACES),
  'which group some space has': [
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
  'what stands in clear beside the hidden description of a rule': [
    ...SPACE,
    fixed(BINDING, BOUND),
    changed('cloudfoundry_security_group.g', group(), { rules: WIDE }, { rules: [{ description: true }] }),
  ],
  'the other end of a policy': policies({ destination_app: 'c' }, { source_app: true, destination_app: true }),
  'the ports of a policy from somebody': policies({ port: '1-65535' }, { source_app: true }),
  'the end of a policy over hidden ports': policies({ source_app: 'x' }, { source_app: true, port: true }),
  'the protocol of a policy over hidden ports': policies({ protocol: 'udp' }, { protocol: true, port: true }),
};

describe('a change of what is sensitive, or beside it, is never silent', () => {
  it.each(Object.entries(ATTEMPTS))('%s', (_, changes) => {
    expect(stopped(changes)).toBe(true);
  });

  it('and no change is none', () => {
    expect(stopped(bound({}, {}, HIDDEN_SPACES))).toBe(false);
    expect(stopped(route({}, { host: true }))).toBe(false);
    expect(stopped(policies({}, { source_app: true, destination_app: true, port: true }))).toBe(false);
  });
});
