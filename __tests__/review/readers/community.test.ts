import { COMMUNITY, COMMUNITY_TYPES } from '../../../review/community';
import { difference } from '../../../review/difference/difference';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { factsOf } from '../../../review/readers/resources';
import type { Resource } from '../../../review/readers/values';
import { reviewPlans, reviewTrees } from '../../../review/review';
import { COMMUNITY_SCHEMA } from '../support/community';
import { plan, type Change, planFile } from '../support/plan';
import { pathsOf } from '../support/silent-world';

type Values = Resource['values'];
type World = Readonly<Record<string, Values>>;

const resources = (provider: string, world: World): Resource[] =>
  Object.entries(world).map(([address, values]) => {
    return { stack: 's', address, managed: true, type: address.split('.')[0] ?? '', provider, values };
  });
const modelOf = (provider: string, world: World): Model => new Model(factsOf(resources(provider, world)));
const older = (world: World): Model => modelOf(COMMUNITY, world);
const newer = (world: World): Model => modelOf('cloudfoundry/cloudfoundry', world);

const ORG: World = { 'cloudfoundry_org.o': { id: 'o1', name: 'org' } };
const RULES = [{ protocol: 'tcp', destination: '0.0.0.0/0', ports: '443' }];
const LIST = { EGRESS_ALLOW: 'api.example.gov:443' };

const OLDER: World = {
  ...ORG,
  'cloudfoundry_asg.web': { id: 'g1', name: 'web', rule: RULES },
  'cloudfoundry_space.closed': { id: 's1', name: 'closed', org: 'o1', allow_ssh: false, developers: ['eve'] },
  'cloudfoundry_space.open': { id: 's2', name: 'open', org: 'o1', allow_ssh: true, asgs: ['g1'] },
  'cloudfoundry_app.web': {
    id: 'a1',
    name: 'web',
    space: 's1',
    docker_image: 'web',
    enable_ssh: false,
    service_binding: [{ service_instance: 'i1' }],
  },
  'cloudfoundry_app.proxy': { id: 'a2', name: 'proxy', space: 's2', docker_image: 'proxy', environment: LIST },
  'cloudfoundry_network_policy.p': {
    policy: [{ source_app: 'a1', destination_app: 'a2', port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_domain.d': { id: 'd1', sub_domain: 'apps', domain: 'example.gov' },
  'cloudfoundry_route.r': { id: 'r1', domain: 'd1', hostname: 'www', target: [{ app: 'a1', port: 8080 }] },
  'cloudfoundry_user_provided_service.logs': {
    id: 'i1',
    name: 'logs',
    space: 's1',
    syslog_drain_url: 'syslog-tls://logs.example.net:6514',
  },
  'cloudfoundry_org_users.u': { org: 'o1', managers: ['mallory'] },
};

const NEWER: World = {
  ...ORG,
  'cloudfoundry_security_group.web': { id: 'g1', name: 'web', rules: RULES, running_spaces: ['s2'] },
  'cloudfoundry_space.closed': { id: 's1', name: 'closed', org: 'o1', allow_ssh: false },
  'cloudfoundry_space.open': { id: 's2', name: 'open', org: 'o1', allow_ssh: true },
  'cloudfoundry_app.web': {
    id: 'a1',
    name: 'web',
    org_name: 'org',
    space_name: 'closed',
    docker_image: 'web',
    enable_ssh: false,
  },
  'cloudfoundry_service_credential_binding.b': { type: 'app', app: 'a1', service_instance: 'i1' },
  'cloudfoundry_app.proxy': {
    id: 'a2',
    name: 'proxy',
    org_name: 'org',
    space_name: 'open',
    docker_image: 'proxy',
    environment: LIST,
    enable_ssh: true,
  },
  'cloudfoundry_network_policy.p': {
    policies: [{ source_app: 'a1', destination_app: 'a2', port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_domain.d': { id: 'd1', name: 'apps.example.gov' },
  'cloudfoundry_route.r': { id: 'r1', domain: 'd1', host: 'www', destinations: [{ app_id: 'a1', port: 8080 }] },
  'cloudfoundry_service_instance.logs': {
    id: 'i1',
    name: 'logs',
    space: 's1',
    syslog_drain_url: 'syslog-tls://logs.example.net:6514',
  },
  'cloudfoundry_space_role.d': { type: 'space_developer', user: 'eve', space: 's1' },
  'cloudfoundry_org_role.m': { type: 'organization_manager', user: 'mallory', org: 'o1' },
};

const EMPTY = new Model({ spaces: [], groups: [], bindings: [], applications: [], policies: [], routes: [] });
const said = (before: Model, after: Model): string[] =>
  difference(before, after)
    .map(({ verdict, way, who, what, via }) => [verdict, way, who.join(), plain(what), via ?? ''].join(' '))
    .sort();

describe('the older provider', () => {
  it('is read like the newer one', () => {
    const all = said(EMPTY, older(OLDER));
    expect(all).toEqual(said(EMPTY, newer(NEWER)));
    expect(all).toEqual(
      expect.arrayContaining([
        'opens policy org/closed/web tcp 3128 org/open/proxy',
        'opens proxy org/closed/web api.example.gov:443 org/open/proxy',
        'opens role eve space_developer org/closed',
        'opens role mallory organization_manager org',
        'opens logs org/closed/web logs.example.net:6514 ',
        'opens shell org/open/proxy a shell ',
      ]),
    );
    expect(said(older(OLDER), newer(NEWER))).toEqual([]);
  });

  it('binds groups within a space, in a separate resource, and to every space', () => {
    const base: World = { ...OLDER, 'cloudfoundry_space.open': { ...OLDER['cloudfoundry_space.open'], asgs: [] } };
    const bound: World = {
      ...base,
      'cloudfoundry_space_asgs.a': { space: 's1', running_asgs: ['g1'], staging_asgs: null },
    };
    expect(said(older(base), older(bound))).toEqual(['opens direct org/closed/web every address on tcp 443 ']);
    const everywhere: World = { ...base, 'cloudfoundry_default_asg.running': { name: 'running', asgs: ['g1'] } };
    const found = said(older(base), older(everywhere));
    for (const who of ['org/closed/web', 'org/open/proxy', 'every space']) {
      expect(found).toContainEqual(expect.stringContaining(`opens direct ${who} `));
    }
    const unread: World = { ...base, 'cloudfoundry_default_asg.running': { name: 'running', asgs: ['elsewhere'] } };
    expect(said(older(base), older(unread))).toContainEqual(
      expect.stringContaining('opens direct org/closed/web what'),
    );
  });

  it('connects routes to the applications that list their ids', () => {
    const web = { ...OLDER['cloudfoundry_app.web'], routes: [{ route: 'r1' }] };
    const without: World = { ...OLDER, 'cloudfoundry_route.r': { ...OLDER['cloudfoundry_route.r'], target: null } };
    expect(said(older(without), older({ ...without, 'cloudfoundry_app.web': web }))).toEqual([
      'opens route anyone www.apps.example.gov org/closed/web',
    ]);
  });

  it('identifies an application by the id of its last deployment, too', () => {
    const web = { ...OLDER['cloudfoundry_app.web'], id_bg: 'a9' };
    const policy = { policy: [{ source_app: 'a9', destination_app: 'a2', port: '3128', protocol: 'tcp' }] };
    const deployed: World = { ...OLDER, 'cloudfoundry_app.web': web, 'cloudfoundry_network_policy.p': policy };
    expect(said(older(OLDER), older(deployed))).toEqual([]);
  });

  it('turns SSH on by default', () => {
    const web = { ...OLDER['cloudfoundry_app.web'], enable_ssh: null };
    const space = { ...OLDER['cloudfoundry_space.closed'], allow_ssh: true };
    const before: World = { ...OLDER, 'cloudfoundry_space.closed': space };
    expect(said(older(before), older({ ...before, 'cloudfoundry_app.web': web }))).toEqual([
      'opens shell org/closed/web a shell ',
    ]);
  });

  it('is shown with the ids in its plan', () => {
    const change = (address: string, before: Values | null, after: Values): Change => {
      return { address, provider: `registry.terraform.io/${COMMUNITY}`, before, after };
    };
    const changes = Object.entries(OLDER).map(([address, values]) =>
      change(address, address === 'cloudfoundry_network_policy.p' ? null : values, values),
    );
    const { environments } = reviewPlans([planFile(plan(changes))]);
    const rows = environments.flatMap(({ opens, unknown }) => [...opens, ...unknown]);
    expect(rows.map(({ way, what }) => `${way} ${plain(what)}`)).toEqual([
      'proxy api.example.gov:443',
      'policy tcp 3128',
    ]);
  });

  it('is shown if ids are known only after the apply', () => {
    const provider = `registry.terraform.io/${COMMUNITY}`;
    const ends = { source_app: 'web', destination_app: 'api' };
    const application = (name: string): Change => ({
      address: `cloudfoundry_app.${name}`,
      provider,
      after: { name, space: 's1', docker_image: name },
      unknown: { id: true },
    });
    const changes: Change[] = [
      ...Object.values(ends).map(application),
      {
        address: 'cloudfoundry_network_policy.p',
        provider,
        after: { policy: [{ port: '8080', protocol: 'tcp' }] },
        unknown: { id: true, policy: [{ source_app: true, destination_app: true }] },
      },
      {
        address: 'cloudfoundry_space_asgs.a',
        provider,
        after: { space: 's1' },
        unknown: { running_asgs: [true] },
      },
      {
        address: 'cloudfoundry_asg.g',
        provider,
        after: { name: 'g', rule: [{ protocol: 'tcp', destination: '10.0.0.1', ports: '443' }] },
        unknown: { id: true },
      },
    ];
    const idOf = (address: string) => ({ references: [`${address}.id`, address] });
    const resources = [
      ...Object.values(ends).map((name) => ({ address: `cloudfoundry_app.${name}`, expressions: {} })),
      { address: 'cloudfoundry_asg.g', expressions: {} },
      { address: 'cloudfoundry_space_asgs.a', expressions: { running_asgs: idOf('cloudfoundry_asg.g') } },
      {
        address: 'cloudfoundry_network_policy.p',
        expressions: {
          policy: [{ source_app: idOf('cloudfoundry_app.web'), destination_app: idOf('cloudfoundry_app.api') }],
        },
      },
    ].map((resource) => ({ ...resource, mode: 'managed' }));
    const json = plan(changes, { resources });
    const [environment] = reviewPlans([planFile(json)]).environments;
    expect(environment?.opens.map(({ way, who, what, via = '' }) => [way, who.join(), plain(what), via])).toEqual([
      ['direct', 'api,web', '10.0.0.1 on tcp 443', ''],
      ['policy', 'web', 'tcp 8080', 'api'],
      ['shell', 'api,web', 'a shell', ''],
    ]);
  });

  it('is read in a program that writes a block without a list', () => {
    const program = (policy: unknown) => ({
      terraform: { required_providers: { cloudfoundry: { source: COMMUNITY } } },
      resource: {
        cloudfoundry_app: {
          web: { name: 'web', space: 's1', docker_image: 'web' },
          api: { name: 'api', space: 's1', docker_image: 'api' },
        },
        ...(policy === undefined ? {} : { cloudfoundry_network_policy: { p: { policy } } }),
      },
    });
    const ends = { source_app: '${cloudfoundry_app.web.id}', destination_app: '${cloudfoundry_app.api.id}' };
    for (const policy of [{ ...ends, port: '8080' }, [{ ...ends, port: '8080' }]]) {
      const [environment] = reviewTrees(
        [{ name: 's', json: program(undefined) }],
        [{ name: 's', json: program(policy) }],
      ).environments;
      expect(environment?.opens.map(({ who, what, via }) => [who, what, via])).toEqual([[['web'], 'tcp 8080', 'api']]);
    }
  });

  it.each(Object.keys(COMMUNITY_TYPES))('covers each documented attribute of %s in the table', (type) => {
    const named = Object.keys(COMMUNITY_TYPES[type]?.attributes ?? {});
    const missing = pathsOf(COMMUNITY_SCHEMA[type] ?? {}).filter((path) => !named.includes(path));
    // An attribute that every type has, and a port that the platform chooses at random.
    expect(missing.filter((path) => !['labels', 'annotations', 'random_port'].includes(path))).toEqual([]);
  });
});
