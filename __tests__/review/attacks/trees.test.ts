import { app, LIST, LONGER, policy, program, proxy, RULES, stoppedBetween, WIDE, type Resources } from './attempts';
import type { SynthesizedStack } from '../../../review/readers/tree';
import { reviewTrees } from '../../../review/review';

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

const listed = (expression: string, more: object = {}): object =>
  program(
    { cloudfoundry_app: { proxy: proxy(expression), web: app('web') } },
    { locals: { list: LIST, cloudfoundry_app: { web: { id: LIST } } }, ...more },
  );

/** Expressions that the engine reads as `local.list`, but other readers might not. */
const HIDDEN: Readonly<Record<string, string>> = {
  'after a comment': '${trimspace(local./**/list)}',
  'after a comment to the end of the line': '${trimspace(local.# ...\nlist)}',
  'after a comment and an address': '${format("https://a.example%s", local./**/list)}',
  'after a comment and a text with a hash sign': '${format("#%s", local./**/list)}',
  'after what looks like the start of a comment': '${"/*" == "" ? "" : local./**/list}',
  'after what looks like a path with a comment': '${format("a./*%s", local./**/list)}',
};

describe("an expression that isn't evaluated counts as what it refers to", () => {
  it.each(Object.entries(HIDDEN))('%s', (_, expression) => {
    const before = listed(expression);
    const after = listed(expression, { locals: { list: LONGER } });
    expect(stoppedBetween(before, after)).toBe(true);
    expect(stoppedBetween(before, before)).toBe(false);
  });

  it('after a comment, under a name that a resource also has', () => {
    const expression = '${trimspace(local./**/cloudfoundry_app.web.id)}';
    const after = listed(expression, { locals: { cloudfoundry_app: { web: { id: LONGER } } } });
    expect(stoppedBetween(listed(expression), after)).toBe(true);
  });
});

describe('a value from outside of the review’s input is unknown in every review', () => {
  const OUTSIDE: Readonly<Record<string, string>> = {
    'a file behind a comment': '${file/**/("list.txt")}',
    'a file behind a comment to the end of its line': '${file#\n("list.txt")}',
    'a file by a function of a provider': '${provider::files::read("list.txt")}',
    'a function of a provider behind a comment': '${provider/**/::files::read("list.txt")}',
    'a function of the provider that looks at files': '${provider::local::direxists("list")}',
  };
  it.each(Object.entries(OUTSIDE))('%s', (_, expression) => {
    expect(stoppedBetween(listed(expression), listed(expression))).toBe(true);
  });

  it('but not the result of a provider’s function that depends only on its arguments', () => {
    const expression = '${provider::time::rfc3339_parse("2026-12-31T00:00:00Z").year}';
    expect(stoppedBetween(listed(expression), listed(expression))).toBe(false);
  });
});

describe('a state in a file', () => {
  const reading = (path: string, own: string): object =>
    listed('${data.terraform_remote_state.x.outputs.list}', {
      terraform: { backend: { local: { path: own } } },
      data: { terraform_remote_state: { x: { backend: 'local', config: { path } } } },
    });

  it('is another one in another folder, unless only the checkout differs', () => {
    const own = '/before/terraform.s.tfstate';
    const before = reading('/before/terraform.x.tfstate', own);
    expect(stoppedBetween(before, reading('/evil/terraform.x.tfstate', own))).toBe(true);
    const elsewhere = reading('/after/terraform.x.tfstate', '/after/terraform.s.tfstate');
    const [old, now] = [before, elsewhere].map((json, at) => [
      { name: 's', json, checkout: at === 0 ? '/before' : '/after' },
    ]) as [SynthesizedStack[], SynthesizedStack[]];
    expect(reviewTrees(old, now).widens).toBe(false);
    expect(stoppedBetween(reading('a/x.tfstate', own), reading('b/x.tfstate', own))).toBe(true);
  });
});

const proxyWith = (expression: string, more: object = {}): object =>
  program({ cloudfoundry_app: { proxy: proxy(expression) } }, more);
/** A condition that is true here only if the review reads it differently than the engine. */
const unless = (condition: string): string => `\${${condition} ? "${LIST}" : "evil.example:443"}`;

/** Expressions that a naive reader evaluates to the list, and the engine to something else. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'a pattern that contains a line end': '${replace("a.example:443", "/a.example\\n*/", "evil.example")}',
  'letters in two forms': unless('"\u00e9" != "e\u0301"'),
  'unpaired surrogates': unless('"\\ud83d" != "\\ud83e"'),
  'a name in two forms': `\${{"\u00e9" = "${LIST}", "e\u0301" = "evil.example:443"}["\u00e9"]}`,
  'two objects with a name in two forms': `\${merge({"\u00e9" = "${LIST}"}, {"e\u0301" = "x"})["\u00e9"]}`,
  'the order of names': `\${values({"\uff61" = "evil.example:443", "\u{1f600}" = "${LIST}"})[0]}`,
  'the order of keys': unless('keys({"\uff61" = 1, "\u{1f600}" = 1})[0] != "\uff61"'),
  'a set of letters in two forms': unless('length(toset(["\u00e9", "e\u0301"])) == 2'),
  'an inexact sum': unless('999999999999999 + 0.00000000000001 == 999999999999999'),
  'minus zero': unless('"x${-0}" == "x0"'),
  'minus zero from a product': unless('"x${0 * -1}" == "x0"'),
  'minus zero as JSON': unless('jsonencode(local.zero) == "0"'),
  'lists, one of which contains texts': unless('tolist([[1], ["a"]])[0][0] != "1"'),
  'a map of lists, one of which contains texts': unless('tomap({a = [1], b = ["a"]}).a[0] != "1"'),
  'a number next to what may be a text': unless('[true ? 1 : var.open][0] != "1"'),
  'a long number as a text': unless('var.long == "1e+21"'),
  "a default, which isn't a template": unless('var.literal == "$${a}"'),
};

describe('an expression that engines evaluate differently is not evaluated', () => {
  const more = {
    locals: { zero: -0 },
    variable: { open: {}, long: { type: 'string', default: 1e21 }, literal: { default: '$${a}' } },
  };

  it.each(Object.entries(OTHERWISE))('by %s', (_, expression) => {
    expect(stoppedBetween(proxyWith(LIST, more), proxyWith(expression, more))).toBe(true);
  });

  it('but one that both evaluate the same is', () => {
    expect(stoppedBetween(proxyWith(LIST), proxyWith(unless('1 + 1 == 2 && "a" != "b"')))).toBe(false);
    expect(stoppedBetween(proxyWith(LIST), proxyWith(LONGER.replace('evil', '${lower("EVIL")}')))).toBe(true);
  });
});
