import fc from 'fast-check';
import {
  app,
  fixed,
  LIST,
  made,
  policy,
  program,
  proxy,
  reviewed,
  type Values,
  edge,
  stoppedBetween,
  type Resources,
} from './attempts';
import { type Change, type Configuration, plan, planFile } from '../support/plan';
import { code, mermaidText, visible, apart } from '../../../review/report/escape';
import { markdown } from '../../../review/report/markdown';
import { reviewTrees, reviewPlans } from '../../../review/review';

const outputs: readonly Change[] = ['a', 'b'].map((name) => ({
  address: `terraform_data.${name}`,
  provider: 'terraform.io/builtin/terraform',
  after: {},
  unknown: { output: true },
}));

/** An attribute of a new resource that the code takes from elsewhere, and that is unknown before the apply. */
const LATER: Readonly<Record<string, readonly [address: string, values: Values, attribute: string]>> = {
  'the name of an application': ['cloudfoundry_app.x', { ...proxy(LIST), name: undefined, id: undefined }, 'name'],
  'the space of an application': [
    'cloudfoundry_app.x',
    { ...proxy(LIST), space_name: undefined, id: undefined },
    'space_name',
  ],
  'the organization of an application': [
    'cloudfoundry_app.x',
    { ...proxy(LIST), org_name: undefined, id: undefined },
    'org_name',
  ],
  'the host of a route': ['cloudfoundry_route.x', { domain: 'd', destinations: [{ app_id: 'id of web' }] }, 'host'],
  'the domain of a route': ['cloudfoundry_route.x', { host: 'h', destinations: [{ app_id: 'id of web' }] }, 'domain'],
  'the group of a binding': [
    'cloudfoundry_security_group_space_bindings.x',
    { running_spaces: ['s1'], staging_spaces: null },
    'security_group',
  ],
  'the user of a role': ['cloudfoundry_space_role.x', { type: 'space_developer', space: 's1' }, 'username'],
  'the space of a role': ['cloudfoundry_space_role.x', { type: 'space_developer', username: 'eve' }, 'space'],
  'what an application is connected to': [
    'cloudfoundry_network_policy.x',
    { policies: [policy({ source_app: 'id of web', destination_app: undefined })] },
    'policies',
  ],
  'where logs go': [
    'cloudfoundry_service_instance.x',
    { name: 'i', space: 's1', type: 'user-provided' },
    'syslog_drain_url',
  ],
};

describe('an approval of something without a name yet covers only what the code refers to', () => {
  it.each(Object.entries(LATER))('%s', (_, [address, values, attribute]) => {
    const unknown =
      attribute === 'policies' ? { policies: [{ destination_app: true }] } : { id: true, [attribute]: true };
    const web = fixed('cloudfoundry_app.web', app('web', { service_bindings: [{ service_instance: 'i' }] }));
    const from = (output: string): Configuration => ({
      resources: [
        {
          address,
          mode: 'managed',
          expressions: { [attribute]: { references: [`terraform_data.${output}.output`, `terraform_data.${output}`] } },
        },
      ],
    });
    const approval = (output: string) =>
      reviewed(
        [
          ...outputs,
          web,
          fixed('cloudfoundry_space.s', { id: 's1', name: 's', org: 'o1' }),
          made(address, JSON.parse(JSON.stringify(values)) as Values, unknown),
        ],
        from(output),
      );
    expect(approval('a').widens).toBe(true);
    expect(approval('b').digest).not.toBe(approval('a').digest);
    expect(approval('a').digest).toBe(approval('a').digest);
  });

  it('even without a plan', () => {
    const tree = (name: string): object =>
      program({
        terraform_data: { a: { input: 'one' }, b: { input: 'two' } },
        cloudfoundry_app: {
          x: { ...proxy(LIST), id: undefined, name: `\${sha256(timestamp())}\${terraform_data.${name}.id}` },
        },
      });
    const approval = (name: string): string =>
      reviewTrees(
        [{ name: 's', json: program({}) }],
        [{ name: 's', json: JSON.parse(JSON.stringify(tree(name))) as object }],
      ).digest;
    expect(approval('b')).not.toBe(approval('a'));
    expect(approval('a')).toBe(approval('a'));
  });
});

describe('a name that is longer than a comment', () => {
  const source = 'x'.repeat(70_000);
  const policies = [policy({ source_app: source, destination_app: 'id of proxy' })];
  const changes = [made('cloudfoundry_network_policy.p', { policies }), made('cloudfoundry_app.proxy', proxy(''))];

  it('leaves the comment short enough for GitHub, with what is left out and the approval', () => {
    const report = reviewed(changes);
    const comment = markdown(report);
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toContain('The rest was left out because the comment would be too long');
    expect(comment).toMatch(/^### Egress: opens \d+, closes 0/);
    expect(comment).toContain(`egress-approved-${report.digest}`);
  });

  it('is part of what is approved', () => {
    const other = made('cloudfoundry_network_policy.p', {
      policies: [policy({ source_app: `${source}y`, destination_app: 'id of proxy' })],
    });
    expect(reviewed([other, ...changes.slice(1)]).digest).not.toBe(reviewed(changes).digest);
  });
});

const LOOK_THE_SAME: readonly (readonly [string, string])[] = [
  ['web', 'w\u0435b'],
  ['api', '\u0430\u0440\u0456'],
  ['my-app', 'my\u2011app'],
  ['my-app', 'my\u2013app'],
  ['web', '\uff57\uff45\uff42'],
  ['no', '\u03bd\u03bf'],
  ['caf\u00e9', 'cafe\u0301'],
  ['a\u200bb', 'a\\u{200b}b'],
  ['w\u0435b', 'w\\u{435}b'],
];

describe('names that look the same', () => {
  it.each(LOOK_THE_SAME)('%j and %j are shown as different ones', (one, other) => {
    for (const shown of [(name: string) => code(name).value, mermaidText]) {
      const [first, second] = [shown(one), shown(other)];
      expect(second).not.toBe(first);
      expect([first, second].some((text) => /\\u\{|#92;u#123;/.test(text))).toBe(true);
    }
  });

  it.each(['web', 'веб', '服务', 'größe', 'café', 'καφές', 'web−1 größe'])('%j stays as it is', (name) => {
    expect(apart(name)).toBe(name);
  });

  it('no two names are shown as one', () => {
    const part = fc.constantFrom(
      ...['\\', 'u{435}', '\u0435', '\u200b', 'u{200b}', '\\u{', '|', 'e', '\u0301', '\u00e9', '{', '}'],
    );
    const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one !== other);
        expect(visible(one)).not.toBe(visible(other));
        expect(code(one).value).not.toBe(code(other).value);
      }),
    );
  });
});

const SPACE = { cloudfoundry_space: { s: { name: 's', org: 'o', allow_ssh: false } } };
const APPS = { cloudfoundry_app: { web: app('web', { id: undefined }), proxy: proxy(LIST, { id: undefined }) } };
/** Resources that one of two stacks with the same names already has, and the other one gets. */
const GIVEN: Readonly<Record<string, Resources>> = {
  'a policy': edge('web', 'proxy'),
  'a binding of a group': {
    cloudfoundry_security_group_space_bindings: {
      b: { security_group: 'g', running_spaces: ['${cloudfoundry_space.s.id}'] },
    },
  },
  'a public route': {
    cloudfoundry_route: { r: { host: 'web', domain: 'd', destinations: [{ app_id: '${cloudfoundry_app.web.id}' }] } },
  },
  'a role': {
    cloudfoundry_space_role: { r: { type: 'space_developer', username: 'eve', space: '${cloudfoundry_space.s.id}' } },
  },
  'SSH access': { cloudfoundry_space: { s: { name: 's', org: 'o', allow_ssh: true } } },
};

describe('two stacks with the same names may belong to two foundations', () => {
  const stacks = (test: object, real: object) => [
    { name: 'test', json: test },
    { name: 'real', json: real },
  ];

  it.each(Object.entries(GIVEN))('%s in one is new in the other', (_, given) => {
    const without = program({ ...SPACE, ...APPS });
    const has = program({ ...SPACE, ...APPS, ...given });
    expect(reviewTrees(stacks(has, without), stacks(has, has)).widens).toBe(true);
    expect(reviewTrees(stacks(has, has), stacks(has, has)).widens).toBe(false);
  });

  it('a policy in one plan is new in the other', () => {
    const apps = [fixed('cloudfoundry_app.web', app('web')), fixed('cloudfoundry_app.proxy', proxy(LIST))];
    const says = { policies: [policy({ source_app: 'id of web', destination_app: 'id of proxy' })] };
    const [has, gets] = [fixed, made].map((change) => plan([...apps, change('cloudfoundry_network_policy.p', says)]));
    expect(reviewPlans([planFile(has, 'test'), planFile(gets, 'real')]).widens).toBe(true);
    expect(reviewPlans([planFile(has, 'test'), planFile(has, 'real')]).widens).toBe(false);
  });
});

describe('two things whose joined names look the same are different', () => {
  const connected = (source: string, destination: string): object =>
    program({
      cloudfoundry_app: {
        a: app('a', { id: undefined }),
        ab: app('a b', { id: undefined }),
        c: app('c', { id: undefined }),
        other: app('c', { id: undefined, org_name: 'b o' }),
      },
      ...edge(source, destination),
    });

  it('applications, with a space in a name', () => {
    expect(stoppedBetween(connected('a', 'other'), connected('ab', 'c'))).toBe(true);
  });

  it('spaces, with a slash in a name', () => {
    const bound = (space: string): object =>
      program(
        {
          cloudfoundry_space: {
            one: { name: 'a/b', org: '${data.cloudfoundry_org.o.id}' },
            two: { name: 'b', org: '${data.cloudfoundry_org.oa.id}' },
          },
          cloudfoundry_security_group_space_bindings: {
            b: { security_group: 'g', running_spaces: [`\${cloudfoundry_space.${space}.id}`] },
          },
        },
        { data: { cloudfoundry_org: { o: { name: 'o' }, oa: { name: 'o/a' } } } },
      );
    expect(stoppedBetween(bound('one'), bound('two'))).toBe(true);
  });

  it('users, with an origin in a name', () => {
    const given = (user: object): object =>
      program({ ...SPACE, cloudfoundry_space_role: { r: { type: 'space_developer', space: 's', ...user } } });
    expect(stoppedBetween(given({ username: 'eve of uaa' }), given({ username: 'eve', origin: 'uaa' }))).toBe(true);
  });
});
