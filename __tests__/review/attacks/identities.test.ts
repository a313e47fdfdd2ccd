import { reviewPlans, reviewTrees } from '../../../review/review';
import { plan } from '../support/plan';
import { app, edge, fixed, LIST, made, policy, program, proxy, stoppedBetween, type Resources } from './attempts';

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
    const file = (stack: string, json: unknown) => ({ environment: '', file: `${stack}.json`, stack, json });
    expect(reviewPlans([file('test', has), file('real', gets)]).widens).toBe(true);
    expect(reviewPlans([file('test', has), file('real', has)]).widens).toBe(false);
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
