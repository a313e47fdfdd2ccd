import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fromHclCommand } from '../../../review/commands';
import { readTreeFolder } from '../../../review/readers/input';
import type { SynthesizedStack } from '../../../review/readers/tree';
import { reviewTrees } from '../../../review/review';
import { temporaryFolder, writeFiles } from '../../support/temporary-folder';
import { runCommand } from '../support/command';

type Files = Readonly<Record<string, string>>;

/** A proxy and a client of it. */
const withList = (list: string, more = ''): string => `
terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
resource "cloudfoundry_app" "web" {
  name       = "web"
  org_name   = "o"
  space_name = "closed"
}
resource "cloudfoundry_app" "proxy" {
  name         = "proxy"
  org_name     = "o"
  space_name   = "way-out"
  docker_image = "proxy"
  environment  = { EGRESS_ALLOW = "a.example:443", ${list} }
}
resource "cloudfoundry_network_policy" "web_to_proxy" {
  policies = [{
    source_app      = cloudfoundry_app.web.id
    destination_app = cloudfoundry_app.proxy.id
    port            = "3128"
    protocol        = "tcp"
  }]
}
${more}
`;
const LIST = 'EGRESS_ALLOW = var.list';
const VARIABLE = 'variable "list" {\n  default  = "NOW"\n  nullable = false\n}\n';
const calling = (source: string): string =>
  withList('', `module "m" {\n  source = ${source}\n}\nlocals {\n  up = "./m"\n}\n`);

describe('a change in HCL', () => {
  const convert = async (files: Files, prepare?: (root: string) => void) => {
    const out = temporaryFolder();
    const roots = Object.keys(files).some((path) => path.startsWith('app/')) ? ['app', 'net'] : ['.'];
    writeFiles(join(out, 'hcl'), files);
    prepare?.(join(out, 'hcl'));
    const args = roots.map((root) => `${root === '.' ? 'root' : root}=${join(out, 'hcl', root)}`);
    const outcome = await runCommand(fromHclCommand(), [...args, '--out', join(out, 'json')]);
    return { ...outcome, stacks: (): SynthesizedStack[] => readTreeFolder(join(out, 'json')) };
  };
  const stopped = async (files: Files): Promise<boolean> => {
    const [before, after] = ['ONCE', 'NOW'].map((word) =>
      convert(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replaceAll('NOW', word)]))),
    );
    return reviewTrees((await before)?.stacks() ?? [], (await after)?.stacks() ?? []).widens;
  };

  it.each<[string, Files]>([
    [
      'the default of a variable that is set to null and can’t be null',
      { 'main.tf': withList(LIST, VARIABLE), 'terraform.tfvars': 'list = null\n' },
    ],
    [
      'a value of a variable in JSON that only looks like an escape',
      { 'main.tf': withList(LIST, 'variable "list" {}\n'), 'x.auto.tfvars.json': '{"list":"NOW${x}"}' },
    ],
    [
      'an environment’s variable that is called depends_on',
      { 'main.tf': withList('depends_on = local.x', 'locals {\n  x = "NOW"\n}\n') },
    ],
    [
      'an argument of a module with a name called depends_on',
      {
        'main.tf': withList(
          '',
          'module "m" {\n  source = "./m"\n  list = { depends_on = local.x }\n}\nlocals {\n  x = "NOW"\n}\n',
        ),
        'm/main.tf': 'variable "list" {}\n',
      },
    ],
    ['a module whose source is worked out', { 'main.tf': calling('local.up'), 'm/main.tf': '# NOW\n' }],
    ['a module whose source is a URL of a file', { 'main.tf': calling('"file:///srv/m"') }],
    ['a module in a repository on this machine', { 'main.tf': calling('"git::/srv/m"') }],
    ['a module on a path with backslashes', { 'main.tf': calling('".\\\\m"') }],
    [
      'an output of a stack that is read under another name',
      {
        'app/main.tf': withList(
          'EGRESS_ALLOW = data.terraform_remote_state.other.outputs.list',
          'data "terraform_remote_state" "other" {\n  backend = "s3"\n}\n',
        ),
        'net/main.tf': 'output "list" {\n  value = "NOW"\n}\n',
      },
    ],
    [
      'what a computed template reads',
      {
        'main.tf': withList(
          'EGRESS_ALLOW = templatestring(local.t, {})',
          'locals {\n  t = join("", ["$", "{fi", "le(\\"x\\")}"])\n}\n',
        ),
        x: 'NOW',
      },
    ],
  ])('of %s is never silent', async (_, files) => {
    expect(await stopped(files)).toBe(true);
  });

  it.each([
    ['a file beside the root', 'locals {\n  x = file("x")\n}\n'],
    ['an archive of a folder beside the root', 'data "archive_file" "x" {\n  source_dir = "x"\n}\n'],
    ['a file that a resource of another kind names', 'data "sops_file" "x" {\n  source_file = "x"\n}\n'],
    ['another module by a path with escapes', 'module "n" {\n  source = "\\u002e\\u002e/x"\n}\n'],
    ['another module by a URL of a file', 'module "n" {\n  source = "file:///srv/x"\n}\n'],
    ['another module by a source behind a comment', 'module "n" {\n  source/**/= local.x\n}\n'],
    ['what a template reads that may be computed', 'locals {\n  x = templatestring(var.x, {})\n}\n'],
    ['another module', 'module "x" {\n  source = "../x"\n}\n'],
    ['another module by a source that is worked out', 'module "x" {\n  source = "${var.up}/x"\n}\n'],
    ['a path of the root', 'output "x" {\n  value = file("${path.root}/x")\n}\n'],
    ['a path of the root behind a comment', 'output "x" {\n  value = file("${path./**/root}/x")\n}\n'],
    ['a path that is not written out', 'output "x" {\n  value = file(var.path)\n}\n'],
    ['a path behind a comment', 'output "x" {\n  value = file/**/(var.path)\n}\n'],
    ['a path of the machine', 'output "x" {\n  value = file("/etc/x")\n}\n'],
    ['what a function of a provider does', 'output "x" {\n  value = provider::files::read("x")\n}\n'],
  ])('of nothing is unknown where a local module reads %s', async (_, text) => {
    expect(await stopped({ 'main.tf': calling('"./m"'), 'm/main.tf': text })).toBe(true);
  });

  it.each([
    ['another one is read by a path with escapes in JSON', 'main.tf.json', '{"module":{"n":{"source":"..\\/x"}}}'],
    ['a template reads elsewhere', 'x.tftpl', '${file("../../x")}'],
    ['one reads so behind a brace and a comment', 'x.tftpl', '${"}" == "" ? "" : file/**/("../../x")}'],
    ['a file for the other engine alone points elsewhere', 'x.tofu', 'module "x" {\n  source = "../x"\n}\n'],
  ])('of nothing is unknown with a local module where %s', async (_, name, text) => {
    expect(await stopped({ 'main.tf': calling('"./m"'), 'm/main.tf': '', [`m/${name}`]: text })).toBe(true);
  });

  it('of nothing is unknown with a local module that has a symbolic link', async () => {
    const files = { 'main.tf': calling('"./m"'), 'm/main.tf': '', x: '' };
    const link = (root: string) => {
      symlinkSync(join(root, 'x'), join(root, 'm', 'link'));
    };
    const stacks = (await convert(files, link)).stacks();
    expect(reviewTrees(stacks, stacks).widens).toBe(true);
  });

  it.each([
    ['a file beside it', 'locals {\n  x = file("${path.module}/x")\n}\n'],
    ['an archive of its own folder', 'data "archive_file" "x" {\n  source_dir = "${path.module}/x"\n}\n'],
    ['a module below it', 'module "n" {\n  source = "./n"\n}\n'],
    ['a module of a registry', 'module "n" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'],
    ['a provider', 'terraform {\n  required_providers {\n    random = { source = "hashicorp/random" }\n  }\n}\n'],
    ['a look-up of the platform', 'data "cloudfoundry_org" "x" {\n  name = "x"\n}\n'],
  ])('of nothing is none where a local module reads %s', async (_, text) => {
    expect(await stopped({ 'main.tf': calling('"./m"'), 'm/main.tf': text })).toBe(false);
  });

  it.each([
    '"terraform-aws-modules/vpc/aws"',
    '"git::https://host.example/x.git?ref=${var.ref}"',
    '"github.com/a/b//c"',
  ])('of nothing is none where a module comes from %s', async (source) => {
    expect(await stopped({ 'main.tf': calling(source) })).toBe(false);
  });

  it('of nothing is none where a template is a constant', async () => {
    const text = withList('X = templatestring(local.t, {})', 'locals {\n  t = "a $${b}"\n}\n');
    expect(await stopped({ 'main.tf': text })).toBe(false);
  });

  const reading = (list: string, x: string): Files => ({ 'main.tf': withList(`EGRESS_ALLOW = ${list}`), x, y: 'NOW' });
  it.each([
    ['a file', 'file("x")', 'NOW', 'a'],
    ['a template', 'templatefile("x", {})', 'NOW${1}', 'a${1}'],
    ['a file beside a template of it', '"${file("x")}${templatefile("x", {})}"', 'NOW${1}', 'a${1}'],
  ])('of the content of %s is told, and of nothing there is none', async (_, list, now, other) => {
    expect(await stopped(reading(list, now))).toBe(true);
    expect(await stopped(reading(list, other))).toBe(false);
  });

  it('of what a template reads is reported, even if the template itself is read as a file', async () => {
    const template = '${file("y")}';
    expect(await stopped(reading('"${file("x")}${templatefile("x", {})}"', template))).toBe(true);
  });

  const environ = (body: string): string => withList('', `locals {\n  y = file("/proc/self/environ")\n}\n${body}`);
  it.each([
    ['an output', 'output "x" {\n  value = local.y\n}\n'],
    ['a value in the state', 'resource "terraform_data" "x" {\n  input = local.y\n}\n'],
    ['a label', 'resource "cloudfoundry_space" "x" {\n  name = "x"\n  org = "o"\n  labels = { x = local.y }\n}\n'],
    ['a resource elsewhere', 'resource "aws_s3_object" "x" {\n  content = local.y\n}\n'],
    ['an account elsewhere', 'provider "aws" {\n  access_key = local.y\n}\n'],
    [
      'a message',
      'resource "terraform_data" "x" {\n  lifecycle {\n    precondition {\n      condition     = false\n      error_message = local.y\n    }\n  }\n}\n',
    ],
  ])('that brings a file of the machine that applies into %s is reported', async (_, body) => {
    const [before, same, after] = [
      await convert({ 'main.tf': environ('') }),
      await convert({ 'main.tf': environ(`${body}# more`) }),
      await convert({ 'main.tf': environ(body) }),
    ].map(({ stacks }) => stacks());
    expect(reviewTrees(before ?? [], after ?? []).widens).toBe(true);
    expect(reviewTrees(same ?? [], after ?? []).widens).toBe(false);
  });

  it('that brings a file of the configuration into an output is none', async () => {
    const files = { 'main.tf': withList(''), x: 'x' };
    const before = (await convert(files)).stacks();
    const after = await convert({ ...files, 'main.tf': withList('', 'output "x" {\n  value = file("x")\n}\n') });
    expect(reviewTrees(before, after.stacks()).widens).toBe(false);
  });

  it('binds an approval to the content of a file', async () => {
    const before = (await convert({ 'main.tf': withList('') })).stacks();
    const digest = async (x: string): Promise<string> =>
      reviewTrees(before, (await convert(reading('file("x")', x))).stacks()).digest;
    expect(await digest('one')).not.toBe(await digest('another'));
  });

  it('binds an approval to all that is in the folder of a module that reads elsewhere', async () => {
    const digest = async (text: string): Promise<string> => {
      const before = await convert({ 'main.tf': withList('') });
      const after = await convert({
        'main.tf': calling('"./m"'),
        'm/main.tf': `locals {\n  x = file("x")\n}\n# ${text}`,
      });
      return reviewTrees(before.stacks(), after.stacks()).digest;
    };
    expect(await digest('one')).not.toBe(await digest('another'));
  });

  it.each([
    ['a text with an escape before a template', withList('X = "\\u0024${local.x}"')],
    ['a text with a constant in a template before one', withList('X = "${"$"}${local.x}"')],
    ['a heredoc with a constant in a template', withList('X = <<EOT\n${"%{"}if true}\nEOT\n')],
    ['a default that is computed', withList('', 'variable "x" {\n  default = true ? "a" : "b"\n}\n')],
    ['a folder that is named as if by its content', withList(`X = file("assets/x/${'0'.repeat(32)}/x")`)],
    ['a module that is named so', calling(`"./assets/x/${'0'.repeat(32)}"`)],
  ])('is refused with %s, which JSON syntax can’t tell', async (_, text) => {
    expect(await convert({ 'main.tf': text })).toMatchObject({ code: 1 });
  });

  it('is refused where two stacks have one name, of which only the last would be reviewed', async () => {
    const folder = temporaryFolder({ 'dev/app/main.tf': withList(''), 'prod/app/main.tf': withList('') });
    const roots = ['dev/app', 'prod/app'].map((root) => join(folder, root));
    const run = (...args: string[]) => runCommand(fromHclCommand(), [...args, '--out', join(folder, 'out')]);
    expect(await run(...roots)).toMatchObject({ code: 1, error: expect.stringMatching(/named 'app'/) as string });
    expect((await run(`dev=${roots[0]}`, `prod=${roots[1]}`)).code).toBe(0);
  });

  it('is refused where the output would be in the place of the configuration, which stays', async () => {
    const folder = temporaryFolder({ 'stacks/app/main.tf': withList('') });
    const { code, error } = await runCommand(fromHclCommand(), [join(folder, 'stacks/app'), '--out', folder]);
    expect([code, error]).toEqual([1, expect.stringMatching(/is emptied first: choose another --out/)]);
    expect(existsSync(join(folder, 'stacks/app/main.tf'))).toBe(true);
  });

  it('is not refused for a backslash or a constant that spells nothing', async () => {
    const text = withList('X = "a\\\\u0024{x} ${"q"} 100% $${y}"');
    expect(await convert({ 'main.tf': text })).toMatchObject({ code: 0, error: '' });
  });
});
