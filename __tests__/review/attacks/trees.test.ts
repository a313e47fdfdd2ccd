import { reviewTrees } from '../../../review/review';
import { app, LIST, LONGER, policy, program, proxy, RULES, stoppedBetween, WIDE, type Resources } from './attempts';

type Values = Readonly<Record<string, unknown>>;

const WEB = { web: app('web', { id: undefined }) };
const GROUP_ID = '${cloudfoundry_security_group.g.id}';
const bindings = (group = GROUP_ID) => ({
  cloudfoundry_space: { s: { name: 's', org: 'x' } },
  cloudfoundry_security_group_space_bindings: {
    b: { security_group: group, running_spaces: ['${cloudfoundry_space.s.id}'] },
  },
});
const bound = (rules: unknown): Resources => ({
  ...bindings(),
  cloudfoundry_security_group: { g: { name: 'g', rules } },
});
const group = (more: Values): Resources => ({
  cloudfoundry_security_group: { g: { name: 'g', rules: RULES, ...more } },
});
const policies = (more: Values): Resources => ({ cloudfoundry_network_policy: { p: { policies: [policy(more)] } } });
const environment = (variables: Values): Resources => ({
  cloudfoundry_app: { p: app('p', { environment: variables }) },
});
const route = (domain: string): Resources => ({
  cloudfoundry_app: WEB,
  cloudfoundry_route: { r: { host: 'web', domain, destinations: [{ app_id: '${cloudfoundry_app.web.id}' }] } },
});

/** Variables that are set outside. */
const VARIABLES = { variable: { x: {}, y: {} } };

const ATTEMPTS: Readonly<Record<string, readonly [before: object, after: object]>> = {
  'a port that is a number': [program(policies({ port: 8080 })), program(policies({ port: '1-65535' }))],
  'ports of a rule that are a number': [
    program(bound([{ protocol: 'tcp', destination: '1.1.1.1', ports: 443 }])),
    program(bound([{ protocol: 'tcp', destination: '1.1.1.1', ports: 444 }])),
  ],
  'an ICMP code in quotes': [
    program(bound([{ protocol: 'icmp', destination: '1.0.0.0/8', type: '8', code: '0' }])),
    program(bound([{ protocol: 'icmp', destination: '1.0.0.0/8', type: '80', code: '0' }])),
  ],
  'ports of a proxy that are a number': [
    program(environment({ PROXY_ALLOW: 'a.example', PROXY_PORTS: 443 })),
    program(environment({ PROXY_ALLOW: 'a.example', PROXY_PORTS: 8443 })),
  ],
  'a flag in quotes': [program(group({})), program(group({ globally_enabled_running: 'true' }))],
  'a flag that is 1': [program(group({})), program(group({ globally_enabled_staging: '1' }))],
  'a random route in quotes': [
    program({ cloudfoundry_app: WEB }),
    program({ cloudfoundry_app: { web: { ...WEB.web, random_route: 'true' } } }),
  ],
  'a variable’s name that is computed to an existing one': [
    program(environment({ EGRESS_ALLOW: LIST })),
    program(environment({ '${"EGRESS_ALLOW"}': LONGER, EGRESS_ALLOW: LIST })),
  ],
  'a public domain that is named like an internal one': [
    program({ cloudfoundry_app: WEB }),
    program({ ...route('${cloudfoundry_domain.d.id}'), cloudfoundry_domain: { d: { name: 'x.apps.internal' } } }),
  ],
  'a group without bindings that gets a new name and wider rules': [
    program(group({})),
    program(group({ name: 'other', rules: WIDE })),
  ],
  'a group that is bound to an open space here, and perhaps elsewhere': [
    ...([RULES, WIDE].map((rules) =>
      program({
        cloudfoundry_space: { s: { name: 's', org: 'x' } },
        cloudfoundry_security_group: { g: { name: 'g', rules }, wide: { name: 'wide', rules: WIDE } },
        cloudfoundry_security_group_space_bindings: Object.fromEntries(
          ['g', 'wide'].map((name) => [
            name,
            {
              security_group: `\${cloudfoundry_security_group.${name}.id}`,
              running_spaces: ['${cloudfoundry_space.s.id}'],
            },
          ]),
        ),
      }),
    ) as [object, object]),
  ],
  'more ports for an application that comes from outside': [
    program(policies({ source_app: '${var.x}' }), VARIABLES),
    program(policies({ source_app: '${var.x}', port: '1-65535' }), VARIABLES),
  ],
  'another destination': [
    program(policies({ source_app: '${var.x}', destination_app: '${var.x}' }), VARIABLES),
    program(policies({ source_app: '${var.x}', destination_app: '${var.y}' }), VARIABLES),
  ],
  'a declaration that the proxy reaches nothing, and a longer list': [
    program({ cloudfoundry_app: { proxy: proxy(LIST) } }),
    program(
      { cloudfoundry_app: { proxy: proxy(LONGER) } },
      { '//': { 'space-egress': { claims: [{ space: 'o/s', groups: [] }] } } },
    ),
  ],
};

const LOOK_UPS: Readonly<Record<string, Resources>> = {
  cloudfoundry_security_group: bindings('${data.cloudfoundry_security_group.found.id}'),
  cloudfoundry_space: {
    cloudfoundry_security_group_space_bindings: {
      b: { security_group: 'g', running_spaces: ['${data.cloudfoundry_space.found.id}'] },
    },
  },
  cloudfoundry_app: policies({ source_app: '${data.cloudfoundry_app.found.id}' }),
  cloudfoundry_domain: route('${data.cloudfoundry_domain.found.id}'),
};

describe('a program that widens reach is stopped', () => {
  it.each(Object.entries(ATTEMPTS))('%s', (_, [before, after]) => {
    expect(stoppedBetween(before, after)).toBe(true);
    expect(stoppedBetween(after, after)).toBe(false);
  });

  it.each(Object.entries(LOOK_UPS))('a lookup of a %s under a name from another variable', (type, resources) => {
    const found = (name: string): object =>
      program(resources, { ...VARIABLES, data: { [type]: { found: { name: `\${var.${name}}` } } } });
    expect(stoppedBetween(found('x'), found('y'))).toBe(true);
    expect(stoppedBetween(found('x'), found('x'))).toBe(false);
  });

  it.each(['constructor', '__proto__', 'toString'])('a group of the name %s', (name) => {
    const found = { data: { cloudfoundry_security_group: { found: { name } } } };
    const resources = bindings('${data.cloudfoundry_security_group.found.id}');
    expect(
      stoppedBetween(program({ cloudfoundry_space: resources.cloudfoundry_space }), program(resources, found)),
    ).toBe(true);
  });

  it('a remote state that is named like a stack, and read from elsewhere', () => {
    const STATE = 'cross-stack-reference-input-a';
    const other = {
      terraform: { backend: { s3: { key: 'a' } } },
      output: { 'cross-stack-output-list': { value: LIST } },
    };
    const reading = (state: object): object =>
      program(
        {
          cloudfoundry_app: {
            p: proxy(`\${data.terraform_remote_state.${STATE}.outputs.cross-stack-output-list}`),
          },
        },
        { data: { terraform_remote_state: { [STATE]: state } } },
      );
    const stacks = (state: object) => [
      { name: 'a', json: other },
      { name: 'b', json: reading(state) },
    ];
    const [own, evil] = [
      { backend: 's3', config: { key: 'a' } },
      { backend: 'http', config: { address: 'https://evil.example' } },
    ];
    expect(reviewTrees(stacks(own), stacks(evil)).widens).toBe(true);
    expect(reviewTrees(stacks(own), stacks({ ...own, workspace: 'evil' })).widens).toBe(true);
    expect(reviewTrees(stacks(own), stacks(own)).widens).toBe(false);
  });

  const PROVISIONER = { 'local-exec': { command: 'x' } };
  const runs = (more: Values, others: Resources = {}): object =>
    program({ ...others, terraform_data: { runs: { provisioner: PROVISIONER, ...more }, ...others.terraform_data } });
  it.each<[string, (value: number) => object]>([
    ['what it gets', (input) => runs({ input, provisioner: { 'local-exec': { command: '${self.input}' } } })],
    ['what makes it run again', (value) => runs({ triggers_replace: value })],
    ['how often it runs', (count) => runs({ count })],
    [
      'what another resource makes it run by',
      (input) =>
        runs(
          { lifecycle: { replace_triggered_by: ['terraform_data.other'] } },
          { terraform_data: { other: { input } } },
        ),
    ],
    [
      'what an action is invoked by',
      (input) => runs({ input, provisioner: null, lifecycle: { action_trigger: { events: ['after_update'] } } }),
    ],
  ])('a program that stays, and another value of %s', (_, written) => {
    expect(stoppedBetween(written(1), written(2))).toBe(true);
    expect(stoppedBetween(written(1), written(1))).toBe(false);
  });

  const list = (value: string, data: object = {}): object =>
    program({ cloudfoundry_app: { p: proxy(value, { id: undefined }) } }, { data });
  const HASH = 'assets/list/0123456789abcdef0123456789abcdef';
  it.each([
    ['an archive', list('${data.archive_file.x.output_base64sha256}', { archive_file: { x: { source_dir: './x' } } })],
    ['a file', list('${data.local_file.x.content}', { local_file: { x: { filename: '${path.module}/x' } } })],
    [
      'a path that is not written out',
      list('${data.local_file.x.content}', { local_file: { x: { filename: ['x'] } } }),
    ],
    ['a program', list('${data.external.x.result.list}', { external: { x: { program: ['./x.sh'] } } })],
    ['a template, which may read others', list(`\${templatefile("${HASH}/x", {})}`)],
  ])("a lookup of something in %s, which isn't in the review’s input, is unknown in every review", (_, each) => {
    expect(stoppedBetween(each, each)).toBe(true);
  });

  it('but not a lookup of a file that is named by its content', () => {
    const each = list('${data.local_file.x.content}', { local_file: { x: { filename: `${HASH}/x` } } });
    expect(stoppedBetween(each, each)).toBe(false);
  });
});
