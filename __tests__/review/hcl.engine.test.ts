import { execFileSync } from 'node:child_process';
import { devNull } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runCommand } from './support/command';
import { HclPlanner, type Edit } from './support/engine';
import { EITHER_ENGINE, testUnder, engineHere } from '../support/engines';
import { temporaryFolder } from '../support/temporary-folder';
import { fromHclCommand } from '../../review/commands';
import { type Report } from '../../review/report/report';
import { reviewPlans } from '../../review/review';
import { ENGINE_NAMES } from '../../tools/engine';
import { sentences } from './support/plan';

/** Reviews of plans of plain HCL with modules, with the real engine, the real provider, and the foundation's API. */

jest.setTimeout(600_000);

const APP = 'modules/app/main.tf';
const MEMORY: Edit = ['web = { memory = "64M" }', 'web = { memory = "128M" }'];

/** An attribute of one of the applications that a module creates. */
const ofWeb = (attribute: string, value: string): Edit => [
  '  docker_image =',
  `  ${attribute} = var.name == "web" ? ${value} : null\n  docker_image =`,
  APP,
];

describe.each(EITHER_ENGINE)('plans of HCL by %s', (engineName) => {
  let planner: HclPlanner;
  beforeAll(async () => {
    planner = await HclPlanner.start(engineName, join(__dirname, 'hcl'));
    await planner.apply();
  });
  afterAll(() => planner.close());

  const whenAvailable = (
    name: string,
    body: (reviewed: (...edits: Edit[]) => Promise<Report>) => Promise<void>,
  ): void => {
    testUnder(engineName)(name, () => body(async (...edits) => reviewPlans([await planner.plan(...edits)])));
  };

  /** The edits of each plan. */
  const HARMLESS: Readonly<Record<string, readonly Edit[]>> = {
    nothing: [],
    'one client': [
      MEMORY,
      ofWeb('disk_quota', '"2G"'),
      ofWeb('instances', '2'),
      ofWeb('environment', '{ LEVEL = "debug" }'),
      ofWeb('labels', '{ team = "one" }'),
      ofWeb('annotations', '{ contact = "team@example.gov" }'),
      ofWeb('health_check_type', '"process"'),
      ofWeb('health_check_interval', '20'),
      ofWeb('timeout', '40'),
      ['"registry.example/web:1"', 'var.name == "web" ? "registry.example/web:2" : "registry.example/web:1"', APP],
    ],
    'memory of the proxy, and hosts in another order with one that is covered': [
      ['name         = "proxy"', 'name = "proxy"\n memory = "128M"', 'modules/proxy/main.tf'],
      [
        '["www.example.com:443", ".example.org:443"]',
        '[".example.org:443", "www.example.org:443", "www.example.com:443"]',
      ],
    ],
    'labels of spaces and routes, and a resource of another provider': [
      ['  org  = var.org', '  org  = var.org\n  labels = { team = "one" }', 'modules/space/main.tf'],
      ['  host         =', '  labels = { team = "one" }\n  host =', APP],
      ['provider "cloudfoundry" {}', 'provider "cloudfoundry" {}\nresource "terraform_data" "note" { input = "one" }'],
    ],
  };

  whenAvailable('updates that are harmless are no change of reach', async (reviewed) => {
    for (const [what, edits] of Object.entries(HARMLESS)) {
      const report = await reviewed(...edits);
      expect([what, sentences(report), report.widens]).toEqual([what, [], false]);
    }
  });

  whenAvailable(
    'a policy whose source becomes another application is a row, next to an update of the first',
    async (reviewed) => {
      const report = await reviewed(MEMORY, [
        'source_app = module.app["web"].id, destination_app = module.app["api"].id',
        'source_app = module.proxy.app.id, destination_app = module.app["api"].id',
      ]);
      expect(sentences(report)).toContain('proxy can now connect to api on tcp 8080');
      expect(report.widens).toBe(true);
    },
  );

  whenAvailable('an application that an update makes the only other candidate is never silent', async (reviewed) => {
    const condition = 'source_app = module.app["web"].id != "" ? module.proxy.app.id : module.app["web"].id';
    const report = await reviewed(MEMORY, ['source_app = module.app["web"].id', condition]);
    expect(sentences(report)).toContainEqual(expect.stringMatching(/^proxy may now connect to api on tcp 8080/));
    expect(report.widens).toBe(true);
  });

  whenAvailable('a new client is a row next to an update of another one', async (reviewed) => {
    const report = await reviewed([
      'web = { memory = "64M" }',
      'web = { memory = "128M" }\n    batch = { memory = "64M" }',
    ]);
    const connects = sentences(report).filter((row) => row.includes('connect'));
    expect(connects).toEqual([expect.stringMatching(/^batch may now connect to proxy on tcp 3128/)]);
  });

  whenAvailable(
    'ends that can be either of two updated applications stay unknown, and no row names one twice',
    async (reviewed) => {
      const report = await reviewed(MEMORY, ['api = { memory = "64M" }', 'api = { memory = "128M" }']);
      expect(report.widens).toBe(true);
      expect(sentences(report).filter((row) => row.includes('8080'))).toEqual([
        'api may now connect to web on tcp 8080 (which applications cloudfoundry_network_policy.direct names (known after apply))',
      ]);
      for (const { who, via } of report.environments.flatMap(({ opens, unknown, closes }) => [
        ...opens,
        ...unknown,
        ...closes,
      ])) {
        expect(new Set(who).size).toBe(who.length);
        expect(who).not.toContain(via);
      }
    },
  );

  whenAvailable('a new client with its own policy is a row with its direction', async (reviewed) => {
    const edge =
      'module "edge" {\n  source = "./modules/edge"\n  from = { id = cloudfoundry_app.late.id }\n  to = { app = module.proxy.app }\n  port = "8080"\n}';
    const late =
      'resource "cloudfoundry_app" "late" {\n  name = "late"\n  org_name = "egress-demo"\n  space_name = module.space["closed"].name\n  docker_image = "x"\n}';
    const report = await reviewed(['module "edge" {', `${late}\n${edge.replace('"edge"', '"late"')}\nmodule "edge" {`]);
    expect(sentences(report)).toContain('late can now connect to proxy on tcp 8080');
  });
});

/** The output of `from-hcl` means the same as the HCL: the engine evaluates random values from both. */

jest.setTimeout(120_000);

const VALUES = 200;
const SEED = Number(process.env.HCL_SEED ?? Date.now() % 2 ** 31);

const piece = fc.constantFrom(
  ...['a', 'é', '😀', '//', '#', '/*', ' ', '}', '$', '%', '\\n', '\\t', '\\"', '\\\\', '\\u00e9', '$${x}', '%%{y}'],
  ...['${var.v}', '${1 + 1}', '${"q"}', '${"a\\nb"}', '%{ if true }t%{ endif }'],
);
/** `%` and `$` escape a template that follows them, and the rest of that template wouldn't be valid HCL. */
const whole = (pieces: readonly string[]): boolean => !/[%$][%$][%$]?\{|[%$]$/.test(unescaped(pieces.join('')));
const unescaped = (text: string): string => text.replaceAll('$${x}', '').replaceAll('%%{y}', '');
const quoted = fc
  .array(piece, { maxLength: 5 })
  .filter(whole)
  .map((pieces) => `"${pieces.join('')}"`);
const line = fc.constantFrom('a', 'é', '"', '\\n', '\\', '$${x}', '%%{y}', '${var.v}', '  ', '//', '\n', '\t');
const heredoc = fc
  .tuple(fc.constantFrom('<<', '<<-'), fc.array(line, { maxLength: 6 }))
  .map(([mark, lines]) => `${mark}EOT\n   ${lines.join('')}\nEOT\n`);
const key = fc.constantFrom('a', '"b c"', '(var.v)', '"//"', '"${var.v}x"', '"é"', '1', '"\\n"', '"$${k}"');
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    quoted,
    fc.constantFrom('1', '-1', '1.5', '0.1', 'true', 'false', 'null', '[for x in ["a"] : "${x}$${y}"]'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 3, selector: ([name]) => name })
      .map((entries) => `{ ${entries.map(([name, inner]) => `${name} = ${inner}`).join(', ')} }`),
    tie('value').map((inner) => `jsonencode(${inner})`),
  ),
}));

describe.each(ENGINE_NAMES)('what from-hcl writes, to %s', (name) => {
  testUnder(name)('means the same as the HCL', async () => {
    const engine = await engineHere(name);
    const values = fc.sample(fc.oneof(value, heredoc), { numRuns: VALUES, seed: SEED });
    const outputs = values.map((text, index) => `output "o${index}" {\n  value = ${text.trimEnd()}\n}\n`);
    const fixed =
      'variable "v" {\n  default = "v"\n}\nvariable "w" {\n  default = "a$${b}%%{c}\\n\\"é"\n}\noutput "w" {\n  value = var.w\n}\n';
    const folder = temporaryFolder({ 'hcl/main.tf': fixed + outputs.join('') });
    const args = [`demo=${join(folder, 'hcl')}`, '--out', join(folder, 'out')];
    expect((await runCommand(fromHclCommand(), args)).error).toBe('');
    const planned = (at: string): unknown => {
      const run = (...command: string[]): string =>
        execFileSync(engine.path, [`-chdir=${at}`, ...command], {
          env: { ...process.env, TF_CLI_CONFIG_FILE: devNull },
          encoding: 'utf8',
          stdio: 'pipe',
          maxBuffer: 2 ** 27,
        });
      run('init', '-input=false');
      run('plan', '-input=false', '-out=tfplan');
      return (JSON.parse(run('show', '-json', 'tfplan')) as { planned_values: unknown }).planned_values;
    };
    expect([SEED, planned(join(folder, 'out', 'stacks', 'demo'))]).toEqual([SEED, planned(join(folder, 'hcl'))]);
  });
});
