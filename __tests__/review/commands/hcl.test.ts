import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { admit } from '../../../review/admission/admission';
import { fromHclCommand } from '../../../review/commands';
import { readTreeFolder } from '../../../review/readers/input';
import { text } from '../../../review/report/text';
import { reviewTrees } from '../../../review/review';
import { temporaryFolder, writeFiles } from '../../support/temporary-folder';
import { runCommand } from '../support/command';

const ROOT = `
terraform {
  required_providers {
    cloudfoundry = { source = "cloudfoundry/cloudfoundry" }
  }
}
variable "spaces" {
  type    = list(string)
  default = ["closed"]
}
resource "cloudfoundry_space" "all" {
  for_each   = toset(["closed", "way-out"])
  name       = each.key
  org        = "o"
  depends_on = [terraform_data.first, module.other]
  lifecycle {
    ignore_changes = [labels, annotations["x"]]
  }
}
resource "terraform_data" "first" {
  input = { "//" = "no comment", (var.spaces[0]) = 1 }
}
moved {
  from = cloudfoundry_app.old
  to   = cloudfoundry_app.web
}
`;
const APPS = `
variable "other" {}
resource "cloudfoundry_app" "web" {
  name        = "web"
  org_name    = "o"
  space_name  = cloudfoundry_space.all["closed"].name
  memory      = "64M"
  environment = { TEXT = "a$\${b} \${var.other}" }
}
resource "cloudfoundry_app" "proxy" {
  name         = "proxy"
  org_name     = "o"
  space_name   = cloudfoundry_space.all["way-out"].name
  docker_image = "proxy"
  environment  = { EGRESS_ALLOW = "www.example.com:443" }
}
resource "cloudfoundry_network_policy" "web_to_proxy" {
  policies = [{
    source_app      = cloudfoundry_app.web.id
    destination_app = cloudfoundry_app.proxy.id
    port            = "3128"
    protocol        = "tcp"
  }]
}
`;
const OTHER = `
module "other" {
  source = "./modules/other"
}
`;

describe('a configuration in HCL', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });

  const write = (files: Readonly<Record<string, string>>): void => {
    writeFiles(folder, files);
  };
  const convert = async (out = 'out') => {
    const outcome = await runCommand(fromHclCommand(), [`demo=${join(folder, 'hcl')}`, '--out', join(folder, out)]);
    return { ...outcome, stacks: () => readTreeFolder(join(folder, out)) };
  };
  const base = {
    'hcl/main.tf': ROOT,
    'hcl/apps.tf': APPS,
    'hcl/other.tf': OTHER,
    'hcl/modules/other/main.tf': 'output "x" { value = 1 }\n',
  };

  it('of several files becomes one in JSON syntax, in the layout of cdktf synth', async () => {
    write(base);
    expect(await convert()).toMatchObject({ out: '', error: '', code: 0 });
    const json = JSON.parse(readFileSync(join(folder, 'out', 'stacks', 'demo', 'cdk.tf.json'), 'utf8')) as object;
    expect(json).toMatchObject({
      terraform: { required_providers: [{ cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } }] },
      variable: { spaces: { type: 'list(string)', default: ['closed'] }, other: {} },
      resource: {
        cloudfoundry_space: {
          all: {
            for_each: '${toset(["closed", "way-out"])}',
            depends_on: ['terraform_data.first', 'module.other'],
            lifecycle: [{ ignore_changes: ['labels', 'annotations["x"]'] }],
          },
        },
        terraform_data: { first: { input: { '//': 'no comment', '${(var.spaces[0])}': 1 } } },
        cloudfoundry_app: { web: { environment: { TEXT: 'a$${b} ${var.other}' } }, proxy: {} },
      },
      moved: [{ from: 'cloudfoundry_app.old', to: 'cloudfoundry_app.web' }],
      module: { other: { source: expect.stringMatching(/^\.\/assets\/other\/[0-9a-f]{64}$/) as string } },
    });
  });

  const reviewed = async (change: Readonly<Record<string, string>>, without: Readonly<Record<string, string>> = {}) => {
    write({ ...base, ...without });
    const before = (await convert('before')).stacks();
    write(change);
    const after = (await convert('after')).stacks();
    return { report: reviewTrees(before, after), reasons: admit(after, before).reasons };
  };

  it.each([
    [
      'a new host',
      { 'hcl/apps.tf': APPS.replace('www.example.com:443', 'www.example.com:443\\napi.example.gov:443') },
      true,
    ],
    ['more memory', { 'hcl/apps.tf': APPS.replace('64M', '128M') }, false],
    ['a comment', { 'hcl/apps.tf': `# more\n${APPS}` }, false],
  ])('that has %s is compared and may be planned, like a program of cdktf', async (_, change, widens) => {
    const { report, reasons } = await reviewed(change, { 'hcl/other.tf': '' });
    expect(reasons).toEqual([]);
    expect(report.widens).toBe(widens);
    if (widens) expect(text(report)).toContain('web may now reach api.example.gov:443 through proxy');
  });

  it.each([
    [
      'a program',
      'data "external" "x" {\n  program = ["sh", "-c", "env"]\n}\n',
      /data\.external\.x is new or has changed/,
    ],
    [
      'a provisioner',
      'resource "cloudfoundry_app" "x" {\n  name = "x"\n  provisioner "local-exec" {\n    command = "env"\n  }\n}\n',
      /provisioner is not planned with credentials/,
    ],
    ['a file', 'resource "cloudfoundry_app" "x" {\n  name = file("/etc/passwd")\n}\n', /file/],
    [
      'another provider',
      'provider "cloudfoundry" {\n  api_url = "https://evil.example"\n}\n',
      /'provider' has changed/,
    ],
  ])('that has %s is not planned beside secrets', async (_, more, reason) => {
    const { reasons } = await reviewed({ 'hcl/more.tf': more });
    expect(reasons.join('\n')).toMatch(reason);
  });

  it.each(['constructor', 'hasOwnProperty', 'toString', '__proto__'])(
    'that has a resource named %s in a file of its own loses nothing of it',
    async (name) => {
      const policy = APPS.slice(APPS.indexOf('resource "cloudfoundry_network_policy"'));
      const more = policy.replace('web_to_proxy', name).replace('3128', '1-65535');
      const { report } = await reviewed({ 'hcl/a.tf': more }, { 'hcl/other.tf': '' });
      expect(report.widens).toBe(true);
    },
  );

  it.each([
    ['a changed local module', { 'hcl/modules/other/main.tf': 'output "x" { value = 2 }\n' }],
    ['a file beside it', { 'hcl/modules/other/run.sh': 'env' }],
  ])('that has %s is unknown', async (_, change) => {
    const { report } = await reviewed(change);
    expect(report.widens).toBe(true);
  });

  it('that has a local module is compared, but not planned', async () => {
    const { report, reasons } = await reviewed({ 'hcl/apps.tf': APPS.replace('64M', '128M') });
    expect(report.widens).toBe(false);
    expect(reasons).toEqual([
      'demo: a module needs its folder in the repository, and only the configuration is passed on',
    ]);
  });

  it.each([
    ['terraform.tfvars', 'other = "www.example.com:443"'],
    ['more.auto.tfvars', 'other = "www.example.com:443"'],
    ['more.auto.tfvars.json', '{"other": "www.example.com:443"}'],
    ['prod.tfvars', 'other = "www.example.com:443"'],
  ])('takes the values of its variables from %s, like the engine', async (file, content) => {
    write({ ...base, [`hcl/${file}`]: content, 'hcl/apps.tf': APPS.replace('"www.example.com:443"', 'var.other') });
    const root = `demo=${join(folder, 'hcl')}${file === 'prod.tfvars' ? `,${join(folder, 'hcl', file)}` : ''}`;
    const stacks = async (out: string) => {
      expect((await runCommand(fromHclCommand(), [root, '--out', join(folder, out)])).error).toBe('');
      return readTreeFolder(join(folder, out));
    };
    const before = await stacks('before');
    expect(before[0]?.json).toMatchObject({
      variable: { other: { default: 'www.example.com:443' }, spaces: { default: ['closed'] } },
    });
    write({ [`hcl/${file}`]: content.replace('www', 'api') });
    expect(reviewTrees(before, await stacks('after')).widens).toBe(true);
  });

  it("ignores a file that the engine doesn't read", async () => {
    write({ ...base, 'hcl/.hidden.tf': 'locals {\n  hidden = 1\n}\n', 'hcl/main.tf.orig': '{' });
    expect((await convert()).stacks()[0]?.json).not.toHaveProperty('locals');
  });

  it('uses the value of the last file that sets one, as the engine does', async () => {
    write({
      ...base,
      'hcl/terraform.tfvars': 'other = "1"',
      'hcl/b.auto.tfvars': 'other = "3"',
      'hcl/a.auto.tfvars': 'other = "2"',
    });
    expect((await convert()).stacks()[0]?.json).toMatchObject({ variable: { other: { default: '3' } } });
  });

  it('repeats nothing from an unreadable file of values', async () => {
    write({ ...base, 'hcl/terraform.tfvars.json': '{"password":["canary",]}' });
    const { code, error } = await convert();
    expect(code).toBe(1);
    expect(error).toMatch(/terraform\.tfvars\.json can't be read: /);
    expect(error).not.toContain('canary');
  });

  it.each([
    ['no configuration', { 'hcl/readme.md': '' }, /hcl has no \*\.tf: give the folder of a root module/],
    [
      'an override',
      { ...base, 'hcl/x_override.tf': '' },
      /x_override\.tf is not supported: use only \*\.tf files without overrides/,
    ],
    ['JSON beside it', { ...base, 'hcl/x.tf.json': '{}' }, /x\.tf\.json is not supported/],
    ['a fault', { ...base, 'hcl/main.tf': 'resource "x" {' }, /main\.tf can't be read: /],
  ])('is refused if there is %s', async (_, files, error) => {
    write(files);
    expect(await convert()).toMatchObject({ code: 1, error: expect.stringMatching(error) as string });
  });
});
