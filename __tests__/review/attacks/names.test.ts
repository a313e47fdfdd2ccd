import type { Change, Configuration } from '../support/plan';
import { app, fixed, LIST, made, policy, program, proxy, reviewed, type Values } from './attempts';
import { reviewTrees } from '../../../review/review';

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
