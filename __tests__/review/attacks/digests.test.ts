import {
  app,
  changed,
  edge,
  group,
  LIST,
  program,
  proxy,
  reviewed,
  reviewedBetween,
  type Resources,
  fixed,
  policy,
} from './attempts';
import { plan, type Change, planFile } from '../support/plan';
import type { PlanFile } from '../../../review/readers/input';
import { reviewPlans } from '../../../review/review';

const digestOf = (before: object, after: object): string => {
  const { widens, digest } = reviewedBetween(before, after);
  expect(widens).toBe(true);
  return digest;
};

const SPACE: Resources = { cloudfoundry_space: { s: { name: 's', org: '${data.cloudfoundry_org.o.id}' } } };
const ORG = { data: { cloudfoundry_org: { o: { name: 'o' } } } };
/** A group that is bound to the space. */
const bound = (rules: readonly object[]): Resources => ({
  cloudfoundry_security_group: { g: group({ id: undefined, rules, running_spaces: ['${cloudfoundry_space.s.id}'] }) },
});
const opened = (destination: string): object =>
  program(
    {
      ...SPACE,
      ...bound(destination === '' ? [] : [{ protocol: 'all', destination }]),
      cloudfoundry_app: { web: app('web') },
    },
    ORG,
  );

const WEB = app('web', { id: undefined, space_name: 'closed' });

/** A client of an application whose own space reaches everything. */
const through = (runs: object, port = '3128'): object =>
  program(
    {
      ...SPACE,
      ...bound([{ protocol: 'all', destination: '0.0.0.0/0' }]),
      ...edge('web', 'proxy', port),
      cloudfoundry_app: { web: WEB, proxy: { ...runs, id: undefined } },
    },
    ORG,
  );
const caddy = (...rules: readonly string[]): object => {
  const acl = [...rules, 'deny all'].join('\n');
  const environment = { CONFIG_CONTENT: `:8080\nroute {\nforward_proxy {\nacl {\n${acl}\n}\n}\n}` };
  return through(app('proxy', { docker_image: 'caddy', environment }), '8080');
};

const PUBLIC = '0.0.0.0-9.255.255.255,11.0.0.0-100.63.255.255,100.128.0.0-126.255.255.255,128.0.0.0-168.63.129.15,';
const REST = '169.255.0.0-172.15.255.255,172.32.0.0-192.167.255.255,192.169.0.0-255.255.255.255';
const route = (app_id: string): object =>
  program({
    cloudfoundry_app: { web: app('web', { id: undefined }), proxy: proxy(LIST, { id: undefined }) },
    cloudfoundry_route: { r: { host: 'h', domain: 'd', destinations: [{ app_id }] } },
  });

const APART: Readonly<Record<string, readonly [before: object, one: object, other: object]>> = {
  'all names, with and without one': [caddy(), caddy('deny bad.example', 'allow all'), caddy('allow all')],
  'all names except a different one': [
    caddy(),
    caddy('deny bad.example', 'allow all'),
    caddy('deny other.example', 'allow all'),
  ],
  'a host, in and outside of private networks': [
    caddy(),
    caddy('deny 10.0.0.0/8', 'allow a.example'),
    caddy('allow a.example'),
  ],
  'a domain, with and without a metadata service': [
    caddy(),
    caddy('deny 169.254.169.254', 'allow *.example'),
    caddy('allow *.example'),
  ],
  'the internet, with and without a metadata service': [
    opened(''),
    opened(`${PUBLIC}168.63.129.17-169.253.255.255,${REST}`),
    opened(`${PUBLIC}168.63.129.16-169.253.255.255,${REST}`),
  ],
  'one of two applications, through another condition': [
    program({ cloudfoundry_app: { web: app('web', { id: undefined }), proxy: proxy(LIST, { id: undefined }) } }),
    route('${uuid() == "" ? cloudfoundry_app.web.id : cloudfoundry_app.proxy.id}'),
    route('${uuid() == "" ? cloudfoundry_app.proxy.id : cloudfoundry_app.web.id}'),
  ],
};

describe('an approval covers only one of two changes that are described in the same words', () => {
  it.each(Object.entries(APART))('%s', (_, [before, one, other]) => {
    expect(digestOf(before, one)).not.toBe(digestOf(before, other));
  });
});

describe('an approval of a path through a new application', () => {
  const BEFORE = program({ ...SPACE, cloudfoundry_app: { web: WEB } }, ORG);
  const image = { docker_image: 'ghcr.io/team/proxy:1' };
  const environment = { EGRESS_ALLOW: LIST };

  it.each<[string, object]>([
    ['image', { docker_image: 'ghcr.io/team/evil:1' }],
    ['command', { command: 'evil' }],
    ['sidecar', { sidecars: [{ name: 'a', command: 'evil', process_types: ['web'] }] }],
    ['variable', { environment: { ...environment, LD_PRELOAD: '/evil.so' } }],
  ])("doesn't cover one with another %s", (_, other) => {
    const [proxies, relays] = [{ ...app('proxy', image), environment }, app('proxy', image)];
    for (const runs of [proxies, relays])
      expect(digestOf(BEFORE, through({ ...runs, ...other }))).not.toBe(digestOf(BEFORE, through(runs)));
  });

  it('covers a new digest of an image from a trusted repository', () => {
    const settings = { harmlessProviders: [], imageRepositories: ['ghcr.io/team/proxy'] };
    const of = (docker_image: string): string =>
      reviewedBetween(BEFORE, through(app('proxy', { docker_image, environment })), settings).digest;
    expect(of('ghcr.io/team/proxy:2')).toBe(of('ghcr.io/team/proxy:1'));
    expect(of('ghcr.io/team/evil:1')).not.toBe(of('ghcr.io/team/proxy:1'));
  });

  it('covers another amount of memory', () => {
    const of = (memory: string): string => digestOf(BEFORE, through(app('proxy', { ...image, environment, memory })));
    expect(of('128M')).toBe(of('64M'));
  });
});

describe('a text in the code is not mistaken for the digest of a secret', () => {
  const looks = (letter: string): string => `sensitive ${letter.repeat(64)}`;

  it('in a program, where it is shown like any other text', () => {
    const runs = (command: string): object => program({ cloudfoundry_app: { proxy: proxy(LIST, { command }) } });
    const [one, other] = ['a', 'b'].map((letter) => digestOf(runs('run'), runs(looks(letter))));
    expect(one).not.toBe(other);
  });

  it("in a plan whose code doesn't contain it", () => {
    const [one, other] = ['a', 'b'].map(
      (letter) => reviewed([changed('cloudfoundry_app.proxy', proxy(LIST), { command: looks(letter) })]).digest,
    );
    expect(one).not.toBe(other);
  });
});

describe('a text in the code is not mistaken for the value of an expression', () => {
  const EXPRESSION = '${uuid()}';
  const TEXT = 'in s: $${uuid()}';
  const runs = (more: object): object => program({ cloudfoundry_app: { proxy: { ...proxy(LIST), ...more } } });

  it("in a resource that the review doesn't know", () => {
    const imports = (id: string): object =>
      program({ cloudfoundry_app: { web: app('web') } }, { import: [{ to: 'x', id }] });
    const none = program({ cloudfoundry_app: { web: app('web') } });
    expect(digestOf(none, imports(EXPRESSION))).not.toBe(digestOf(none, imports(TEXT)));
  });

  it.each<[string, object, object]>([
    ['as a command', { command: EXPRESSION }, { command: `{"token":"${TEXT}"}` }],
    [
      'as a variable',
      { environment: { EGRESS_ALLOW: LIST, X: EXPRESSION } },
      { environment: { EGRESS_ALLOW: LIST, X: `token ${TEXT}` } },
    ],
    ['as the command of a process', { processes: [{ type: 'a' }] }, { processes: [{ type: 'a', command: 'null' }] }],
  ])('%s', (_, one, other) => {
    digestOf(runs(one), runs(other));
  });
});

const LONGER = `${LIST}\nmore.example.gov:443`;
const HIDDEN = { environment: { EGRESS_ALLOW: true } };

function file(stack: string, ...changes: readonly Change[]): PlanFile {
  const resources = changes.map(({ address }) => ({ address, mode: 'managed', expressions: { note: { stack } } }));
  return planFile(plan(changes, { resources }), stack);
}

const PAIRS: Readonly<Record<string, readonly [Change, Change]>> = {
  'an application of two stacks, which changes in one': [
    fixed('cloudfoundry_app.proxy', proxy(LIST)),
    changed('cloudfoundry_app.proxy', proxy(LIST), proxy(LONGER)),
  ],
  'a hidden value, whose approval is for all code': [
    changed('cloudfoundry_app.proxy', proxy(LIST), proxy(LONGER), HIDDEN),
    fixed('cloudfoundry_app.other', proxy(LIST, { id: '2', name: 'other' })),
  ],
};

describe('the order of plans', () => {
  it.each(Object.entries(PAIRS))("doesn't change what an approval is for: %s", (_, [one, other]) => {
    const files = [file('one', one), file('other', other)];
    const [forwards, backwards] = [reviewPlans(files), reviewPlans([...files].reverse())];
    expect(forwards.widens).toBe(true);
    expect(backwards.digest).toBe(forwards.digest);
  });
});

const CLIENT = [
  fixed('cloudfoundry_app.web', app('web')),
  fixed('cloudfoundry_network_policy.p', {
    policies: [policy({ source_app: 'id of web', destination_app: 'id of proxy' })],
  }),
];

/** The digest of a variable of a proxy that gets a value, next to one that is known after apply. */
function approvalOf(name: string, value: string): string {
  const environment = Object.fromEntries([
    ['EGRESS_ALLOW', LIST],
    [name, value],
  ]);
  const change = changed('cloudfoundry_app.proxy', proxy(LIST), { environment });
  return reviewed([...CLIENT, { ...change, unknown: { environment: { LATER: true } } }]).digest;
}

describe('an approval of a variable next to one that is known after apply', () => {
  it.each(['PLAIN', 'constructor', 'toString', '__proto__'])('is for its value, even if its name is %s', (name) => {
    expect(approvalOf(name, 'a')).not.toBe(approvalOf(name, 'b'));
  });
});
