/** The review of two states of a program without a plan. */
import { plain } from '../../review/phrase';
import { clauseOf, sentenceOf, type Report } from '../../review/report/report';
import { reviewTrees } from '../../review/review';
import { program, type Json } from './support/plan';

const reviewed = (before: unknown, after: unknown, unplanned?: string): Report =>
  reviewTrees([{ name: 'demo', json: before }], [{ name: 'demo', json: after }], undefined, undefined, unplanned);

/** The rows that open something or are unknown, as `way: who what`. */
function said(before: unknown, after: unknown): string[] {
  const report = reviewed(before, after);
  const rows = report.environments.flatMap(({ opens, unknown }) => [...opens, ...unknown]);
  expect(report.widens).toBe(rows.length > 0);
  return rows.flatMap(({ way, who, what }) => who.map((one) => `${way}: ${one} ${JSON.stringify(plain(what))}`));
}

const client = (body: Json): Json => ({
  resource: {
    cloudfoundry_network_policy: {
      more: {
        policies: [
          {
            source_app: '${cloudfoundry_app.web.id}',
            destination_app: '${cloudfoundry_app.other.id}',
            protocol: 'tcp',
            port: '8080',
          },
        ],
        ...body,
      },
    },
    cloudfoundry_app: {
      other: { name: 'other', org_name: 'org', space_name: 'closed', docker_image: 'registry.example/other:1' },
    },
  },
});
const LATER = '${trim(local.host, timestamp())}:443';
const BUCKET = '${data.aws_s3_bucket.b.bucket_domain_name}:443';
const EITHER = '${var.all ? ".example.gov:443" : "a.example.gov:443"}';
const spaces = (names: unknown): Json => ({
  resource: {
    cloudfoundry_security_group_space_bindings: {
      each: {
        for_each: names,
        security_group: '${data.cloudfoundry_security_group.public.id}',
        running_spaces: ['${cloudfoundry_space.home[each.key].id}'],
      },
    },
    cloudfoundry_space: {
      home: { for_each: { a: 'one', b: 'two' }, name: '${each.value}', org: '${data.cloudfoundry_org.org.id}' },
    },
  },
});
const withPolicy = (policies: unknown): Json => ({ resource: { cloudfoundry_network_policy: policies } });
const POLICY = {
  policies: [
    {
      source_app: '${cloudfoundry_app.proxy.id}',
      destination_app: '${cloudfoundry_app.web.id}',
      protocol: 'tcp',
      port: '8080',
    },
  ],
};
const policyTo = (lifecycle: Json): Json => ({ resource: { cloudfoundry_app: { web: lifecycle } } });

interface Case {
  readonly title: string;
  readonly before: Json;
  readonly after: Json;
  readonly rows: readonly string[];
}

/** One of two lists, chosen by a variable. */
const CHOSEN = '${var.all ? var.many : var.few}';
const chosen = (many: string, few = 'a.example.gov:443'): Json => ({
  variable: { all: { default: false }, many: { default: many }, few: { default: few } },
});

/** Changes that once were "no change of reach", or must never become that. */
const ROWS: readonly Case[] = [
  {
    title: 'a local that an allowlist uses',
    before: program({ locals: { host: 'a.example.gov' } }, { allow: '${local.host}:443' }),
    after: program({ locals: { host: 'b.example.gov' } }, { allow: '${local.host}:443' }),
    rows: ['proxy: web "b.example.gov:443"'],
  },
  {
    title: 'a local in a text that is known only after apply',
    before: program({ locals: { host: 'a.example.gov' } }, { allow: LATER }),
    after: program({ locals: { host: 'b.example.gov' } }, { allow: LATER }),
    rows: ['proxy: web "something unknown"'],
  },
  {
    title: 'the default of a variable',
    before: program({ variable: { host: { default: 'a.example.gov' } } }, { allow: '${var.host}:443' }),
    after: program({ variable: { host: { default: 'b.example.gov' } } }, { allow: '${var.host}:443' }),
    rows: ['proxy: web "b.example.gov:443"'],
  },
  {
    title: 'an argument of a data source',
    before: program({ data: { aws_s3_bucket: { b: { bucket: 'a' } } } }, { allow: BUCKET }),
    after: program({ data: { aws_s3_bucket: { b: { bucket: 'b' } } } }, { allow: BUCKET }),
    rows: ['proxy: web "something unknown"'],
  },
  {
    title: 'the value that a condition tests',
    before: program({ variable: { all: { default: false } } }, { allow: EITHER }),
    after: program({ variable: { all: { default: true } } }, { allow: EITHER }),
    rows: ['proxy: web ".example.gov:443 but a.example.gov"'],
  },
  {
    title: 'the result of a condition for another value of a variable',
    before: program(chosen('a.example.gov:443'), { allow: CHOSEN }),
    after: program(chosen('b.example.gov:443'), { allow: CHOSEN }),
    rows: ['other: cloudfoundry_app.proxy "default of a variable"'],
  },
  {
    title: 'a resource that exists depending on a variable',
    before: program({ variable: { all: { default: false } } }),
    after: program({ variable: { all: { default: false } }, ...client({ count: '${var.all ? 1 : 0}' }) }),
    rows: ['other: cloudfoundry_network_policy.more "default of a variable"'],
  },
  {
    title: 'another variable with the same default',
    before: program({ variable: { x: { default: 'a' }, y: { default: 'a' } } }, { allow: '${var.x}.example.gov:443' }),
    after: program({ variable: { x: { default: 'a' }, y: { default: 'a' } } }, { allow: '${var.y}.example.gov:443' }),
    rows: ['other: cloudfoundry_app.proxy "default of a variable"'],
  },
  {
    title: 'the container engine that builds images, whose setting may run a program',
    before: program(DOCKER()),
    after: program(DOCKER('ssh://-oProxyCommand=env')),
    rows: ['other: provider.docker "provider"'],
  },
  {
    title: 'an output from a file on the machine that applies',
    before: program(),
    after: program({ output: { o: { value: '${filebase64("/proc/self/environ")}' } } }),
    rows: ['other: output.o shown "output"'],
  },
  {
    title: 'the message of a condition, which shows a secret',
    before: program({}, { web: { lifecycle: { precondition: { condition: false, error_message: 'a' } } } }),
    after: program(
      {},
      { web: { lifecycle: { precondition: { condition: false, error_message: '${nonsensitive(var.x)}' } } } },
    ),
    rows: ['other: cloudfoundry_app.web shown "output"'],
  },
  {
    title: 'a file that is written during the apply',
    before: program(),
    after: program({ resource: { local_file: { f: { filename: 'app.zip', content: 'a' } } } }),
    rows: ['other: local_file.f "local_file"'],
  },
  {
    title: 'the folder of a local state',
    before: program({ terraform: { backend: { local: { path: '/checkout/terraform.demo.tfstate' } } } }),
    after: program({ terraform: { backend: { local: { path: '/checkout/evil/terraform.demo.tfstate' } } } }),
    rows: ['other: backend "backend"'],
  },
  {
    title: 'a count from 0 to 1',
    before: program(client({ count: 0 })),
    after: program(client({ count: 1 })),
    rows: ['policy: web "tcp 8080"'],
  },
  {
    title: 'an unknown count, with its source',
    before: program({ ...client({ count: '${length(local.all)}' }), locals: { all: '${tolist(data.x_y.z.a)}' } }),
    after: program({ ...client({ count: '${length(local.all)}' }), locals: { all: '${tolist(data.x_y.z.b)}' } }),
    rows: ['other: cloudfoundry_network_policy.more count "count"'],
  },
  {
    title: 'a set in for_each that has grown',
    before: program(spaces('${toset(["a"])}')),
    after: program(spaces('${toset(["a", "b"])}')),
    rows: [
      'direct: two "the internet (every address but 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16) over any protocol"',
      'direct: two "the private endpoints that this foundation adds to security group public_networks_egress"',
    ],
  },
  {
    title: 'a resource in a list',
    before: program(),
    after: program(withPolicy([{ more: [POLICY] }])),
    rows: ['policy: proxy "tcp 8080"'],
  },
  {
    title: 'an import',
    before: program(),
    after: program({ import: [{ to: 'cloudfoundry_app.web', id: '0b1c' }] }),
    rows: ['other: import cloudfoundry_app.web "import"'],
  },
  {
    title: 'a resource that is removed but not destroyed',
    before: program(),
    after: program({ removed: { from: 'cloudfoundry_network_policy.x', lifecycle: { destroy: false } } }),
    rows: ['other: removed cloudfoundry_network_policy.x "removed"'],
  },
  {
    title: "a move of something that doesn't exist",
    before: program(),
    after: program({ moved: { from: 'cloudfoundry_app.old', to: 'cloudfoundry_app.web' } }),
    rows: ['other: moved cloudfoundry_app.old "moved"'],
  },
  {
    title: 'a module',
    before: program(),
    after: program({ module: { more: { source: 'example/more/cloudfoundry', version: '1.0.0' } } }),
    rows: ['other: module.more "module"'],
  },
  {
    title: 'a module whose files are not available',
    before: program({ module: { more: { source: './more' } } }),
    after: program({ module: { more: { source: './more' } } }),
    rows: ['other: module.more "module"'],
  },
  {
    title: 'an alias of a provider that points elsewhere',
    before: program({ provider: { cloudfoundry: [{}, { alias: 'east', api_url: 'https://api.a.example' }] } }),
    after: program({ provider: { cloudfoundry: [{}, { alias: 'east', api_url: 'https://api.b.example' }] } }),
    rows: ['other: provider.cloudfoundry.east "provider"'],
  },
  {
    title: 'a resource that is on another foundation',
    before: program(),
    after: program(policyTo({ provider: 'cloudfoundry.east' })),
    rows: ['other: cloudfoundry_app.web provider "provider"'],
  },
  {
    title: 'a provider from elsewhere',
    before: program(),
    after: program({ terraform: { required_providers: { cloudfoundry: { source: 'evil/cloudfoundry' } } } }),
    rows: ['other: required provider cloudfoundry "required provider"'],
  },
  {
    title: 'another backend',
    before: program({ terraform: { backend: { s3: { key: 'a' } } } }),
    after: program({ terraform: { backend: { s3: { key: 'b' } } } }),
    rows: ['other: backend "backend"'],
  },
  {
    title: 'a provisioner, even of a harmless resource',
    before: program({ resource: { random_pet: { p: {} } } }),
    after: program({ resource: { random_pet: { p: { provisioner: { 'local-exec': { command: 'x' } } } } } }),
    rows: ['other: random_pet.p provisioner "provisioner"'],
  },
  {
    title: 'what an update ignores',
    before: program(),
    after: program(policyTo({ lifecycle: { ignore_changes: ['environment'] } })),
    rows: ['other: cloudfoundry_app.web lifecycle "lifecycle"'],
  },
  {
    title: 'a dynamic block',
    before: program(),
    after: program(policyTo({ dynamic: { routes: { for_each: ['a'], content: { route: '${routes.value}' } } } })),
    rows: ['other: cloudfoundry_app.web dynamic "dynamic"'],
  },
  {
    title: 'a program that runs as a data source',
    before: program(),
    after: program({ data: { external: { x: { program: ['sh'] } } } }),
    rows: ['other: data.external.x "external"'],
  },
  {
    title: 'an action, an ephemeral value, a check and an unknown section',
    before: program(),
    after: program({
      action: { local_command: { x: {} } },
      ephemeral: { http: { x: {} } },
      check: { x: {} },
      surprise: { a: 1 },
    }),
    rows: [
      'other: action.local_command.x "action"',
      'other: check.x "check"',
      'other: ephemeral.http.x "ephemeral"',
      'other: surprise "unknown block"',
    ],
  },
  {
    title: 'a name that is known only after apply',
    before: program({ resource: { random_pet: { p: { length: 1 } } } }, { web: { name: '${random_pet.p.id}' } }),
    after: program({ resource: { random_pet: { p: { length: 2 } } } }, { web: { name: '${random_pet.p.id}' } }),
    rows: ['other: cloudfoundry_app.web "name"'],
  },
];

/** Changes that open nothing. */
const SILENT: readonly Omit<Case, 'rows'>[] = [
  { title: 'nothing', before: program(), after: program() },
  {
    title: 'an output, a description, and an unused local',
    before: program({
      locals: { a: 1 },
      variable: { b: { default: 'x', description: '1' } },
      output: { c: { value: 1 } },
    }),
    after: program({
      locals: { a: 2 },
      variable: { b: { default: 'x', description: '2' } },
      output: { c: { value: 2 } },
    }),
  },
  {
    title: 'comments',
    before: program({ '//': 1 }, { web: { '//': { metadata: { path: 'a' } } } }),
    after: program({ '//': 2 }, { web: { '//': { metadata: { path: 'b' } } } }),
  },
  {
    title: 'the order, and what makes an apply fail',
    before: program(),
    after: program(
      policyTo({
        depends_on: ['cloudfoundry_app.proxy'],
        lifecycle: { create_before_destroy: true, precondition: [{ condition: true, error_message: 'x' }] },
      }),
    ),
  },
  {
    title: 'another expression for the same value',
    before: program({ locals: { host: 'a.example.gov' } }, { allow: '${local.host}:443' }),
    after: program({ locals: { name: 'a' } }, { allow: '${join(".", [local.name, "example", "gov"])}:443' }),
  },
  {
    title: 'a rename that keeps the resource',
    before: program(client({})),
    after: JSON.parse(
      JSON.stringify(
        program({ ...client({}), moved: [{ from: 'cloudfoundry_app.other', to: 'cloudfoundry_app.renamed' }] }),
      )
        .replaceAll('"other":{', '"renamed":{')
        .replaceAll('${cloudfoundry_app.other.id}', '${cloudfoundry_app.renamed.id}'),
    ) as Json,
  },
  {
    title: 'what harmless providers do',
    before: program({ resource: { docker_image: { i: { name: 'a' } } }, ...DOCKER() }),
    after: program({ resource: { docker_image: { i: { name: 'b', count: 2 } } }, ...DOCKER() }),
  },
];

function DOCKER(host = 'https://a.example'): Json {
  const required_providers = { docker: { source: 'kreuzwerker/docker' } };
  return { terraform: { required_providers }, provider: { docker: [{ host }] } };
}

describe('a change of a program', () => {
  it.each(ROWS)('of $title is reported', ({ before, after, rows }) => {
    expect(said(before, after)).toEqual(rows);
  });

  it.each(SILENT)('of $title is not reported', ({ before, after }) => {
    expect(said(before, after)).toEqual([]);
  });

  it("of the checkout where it was synthesized isn't reported, but of its state’s folder within it is", () => {
    const stacks = (checkout: string, path: string) => {
      const backend = { local: { path } };
      return [{ name: 'demo', json: program({ terraform: { backend } }), checkout }];
    };
    const before = stacks('/before', '/before/terraform.demo.tfstate');
    expect(reviewTrees(before, stacks('/after', '/after/terraform.demo.tfstate')).widens).toBe(false);
    expect(reviewTrees(before, stacks('/after', '/after/evil/terraform.demo.tfstate')).widens).toBe(true);
    expect(reviewTrees(before, stacks('/after', '/before/terraform.demo.tfstate')).widens).toBe(true);
  });

  it("of a variable that only a harmless attribute uses isn't reported", () => {
    const before = program(
      { variable: { x: { default: '1' }, y: { default: '1' } } },
      { web: { memory: '${var.x}G' } },
    );
    const after = program({ variable: { x: { default: '1' }, y: { default: '1' } } }, { web: { memory: '${var.y}G' } });
    expect(said(before, after)).toEqual([]);
  });

  it('is not reported if it is a rename that keeps the resource', () => {
    const { before, after } = SILENT.find(({ title }) => title.startsWith('a rename')) as Case;
    expect(reviewed(before, after).environments[0]?.renamed).toEqual([]);
  });

  it('is unknown if it should have been planned and was not, whatever the programs say', () => {
    const reason = 'demo: `x`\n::error::</details> may not be referred to here';
    const report = reviewed(program(), program(), reason);
    expect(report.widens).toBe(true);
    expect(plain(sentenceOf(report))).toBe(
      `opens 0, closes 0, leaves 1 unknown: anything may now change (not planned because ${reason})`,
    );
    expect(report.environments[0]?.unknown.map((row) => clauseOf(row))[0]).toContainEqual({ name: reason });
    expect(reviewed(program(), program(), 'another reason').digest).not.toBe(report.digest);
  });
});
