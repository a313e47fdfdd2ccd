import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { reviewCommand } from '../../../review/commands';
import { readTreeFolder } from '../../../review/readers/input';
import { temporaryFolder, writeFiles } from '../../support/temporary-folder';
import { runCommand } from '../support/command';
import { plan } from '../support/plan';

const PLAN = plan([]);
const folder = temporaryFolder();

const review = (...args: string[]) => runCommand(reviewCommand(), args);

function file(name: string, content: string): string {
  writeFiles(folder, { [name]: content });
  return join(folder, name);
}
function output(name: string): string {
  file(`${name}/stacks/demo/cdk.tf.json`, '{}');
  return join(folder, name);
}

describe("the review of a file that isn't a plan", () => {
  const text = JSON.stringify(PLAN);
  it('repeats none of its content, which may be secret', async () => {
    const { error, code } = await review(file('bad.json', '{"values":{"password":["canary",]}}'));
    expect({ error, code }).toEqual({ error: expect.stringContaining('line 1, column 33') as string, code: 1 });
    expect(error).not.toContain('canary');
  });

  it.each([
    ['nothing', '', 'is not JSON, or was cut off'],
    ['prose', 'Plan: 1 to add', 'is not JSON, or was cut off'],
    ['a plan that was cut off', text.slice(0, 200), 'is not JSON, or was cut off'],
    ['a saved plan', 'PK\u0003\u0004...', 'is a saved plan, not its JSON'],
    ['a log of a plan', '{"@level":"info"}\n{"@level":"info"}\n', 'is the log of an engine with -json'],
    ['another document', '{"name":"web"}', 'it is not a plan'],
    ['a list', '[]', 'it is not a plan'],
    ['null', 'null', 'it is not a plan'],
    ['a state', '{"format_version":"1.0","values":{"root_module":{}}}', 'it is a state, not a plan'],
    ['a state file', '{"version":4,"lineage":"x","resources":[]}', 'it is a state, not a plan'],
    [
      'changes that are no list',
      '{"format_version":"1.2","planned_values":{},"resource_changes":{}}',
      'unsupported form',
    ],
    [
      'a change that says none',
      '{"format_version":"1.2","planned_values":{},"resource_changes":[{"address":"a.b","type":"a","change":[]}]}',
      'unsupported form',
    ],
    ['a plan without its main part', '{"format_version":"1.2","resource_changes":[]}', 'it is not a plan'],
    [
      'another format',
      JSON.stringify({ ...PLAN, format_version: '2.0' }),
      'its format version is 2.0, but 1.x is required',
    ],
    ['a failed run', JSON.stringify({ ...PLAN, errored: true }), 'it is the plan of a failed run'],
    [
      'a plan without our resources',
      JSON.stringify({ ...PLAN, resource_changes: [] }),
      'the plan has no resource of the Cloud Foundry provider',
    ],
  ])('of %s is one message and exit code 1', async (_, content, message) => {
    const { out, error, code } = await review(file('bad.json', content));
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(error).toContain(message);
    expect(error.trim().split('\n')).toHaveLength(1);
  });

  it('of 100 MB is one message at once', async () => {
    const path = file('large.json', '');
    truncateSync(path, 100_000_000);
    const { out, error, code } = await review(path);
    expect({ out, code }).toEqual({ out: '', code: 1 });
    expect(error).toContain('has 96 MiB, more than the limit of 64 MiB');
  });

  it.each([
    ['of lists', '['.repeat(40_000_000)],
    ['of objects after a text with brackets', `{"a":"]}\\"[",${'"b":{'.repeat(501)}`],
  ])('of nothing but nested %s is one message, before it is parsed', async (_, content) => {
    const parse = jest.spyOn(JSON, 'parse');
    const { out, error, code } = await review(file('nest.json', content));
    expect({ out, code, parsed: parse.mock.calls.length }).toEqual({ out: '', code: 1, parsed: 0 });
    expect(error).toContain('is nested more than 500 levels deep, which no plan is');
    parse.mockRestore();
  });

  it('of a nesting depth that a plan could have is rejected only for its content', async () => {
    const brackets = `"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"`;
    const { error } = await review(file('bushes.json', `{"a":${brackets},"b":[${'[],'.repeat(1000)}1]}`));
    expect(error).toContain('it is not a plan');
  });

  it('says that a file is missing', async () => {
    const { error, code } = await review(join(folder, 'none.json'));
    expect(error).toMatch(/none\.json can't be read: .*ENOENT/);
    expect(code).toBe(1);
  });

  it('accepts either plans or two programs', async () => {
    expect((await review()).error).toContain('give either plans');
    expect((await review('--before', folder)).error).toContain('use --before with --after');
    expect((await review(file('plan.json', text), '--before', folder, '--after', folder)).error).toContain(
      'give either plans',
    );
    expect((await review(file('plan.json', text), '--unplanned', 'x')).error).toContain('use it with --before');
    expect((await review('--before', folder, '--after', folder)).error).toContain("has no folder 'stacks'");
    mkdirSync(join(folder, 'empty', 'stacks'), { recursive: true });
    const empty = join(folder, 'empty');
    expect((await review('--before', empty, '--after', empty)).error).toContain('contains no stack');
  });
});

describe('the review of two programs', () => {
  it('exits with 0 if nothing widens, and with 2 if a plan was expected', async () => {
    const both = ['--before', output('program'), '--after', output('program')];
    expect(await review(...both)).toMatchObject({ code: 0 });
    const { out, code } = await review(...both, '--unplanned', 'planning failed');
    expect(code).toBe(2);
    expect(out).toContain('anything may now change (not planned because planning failed)');
  });
});

describe('a stack that is read from its folder', () => {
  it('identifies files in the folder by their content, and reads none outside', () => {
    output('files');
    file('files/stacks/demo/hosts', 'a');
    file('files/outside', 'b');
    symlinkSync(join(folder, 'files', 'outside'), join(folder, 'files', 'stacks', 'demo', 'link'));
    const [stack] = readTreeFolder(join(folder, 'files'));
    const first = stack?.files?.('hosts');
    expect(first).toBeDefined();
    file('files/stacks/demo/hosts', 'c');
    expect(stack?.files?.('hosts')).not.toBe(first);
    for (const path of ['none', 'link', '../../outside', '.', '']) expect(stack?.files?.(path)).toBeUndefined();
  });
});

describe('a folder of stacks', () => {
  it.each(['more.tf', 'more.tf.json', 'override.tf', 'more.tofu', 'terraform.tfvars', 'more.auto.tfvars.json'])(
    'is refused where the engine would read %s beside what was synthesized',
    (name) => {
      const out = output(`beside-${name}`);
      expect(() => readTreeFolder(out)).not.toThrow();
      file(`beside-${name}/stacks/demo/${name}`, '');
      expect(() => readTreeFolder(out)).toThrow(`${name} would be read by the engine`);
    },
  );

  it('is refused if a stack is a symbolic link, which would be skipped', () => {
    const out = output('linked');
    symlinkSync(join(out, 'stacks', 'demo'), join(out, 'stacks', 'other'));
    expect(() => readTreeFolder(out)).toThrow('is a symbolic link, which is not followed');
  });
});

describe('the review of a plan', () => {
  it('exits with 0 if nothing widens', async () => {
    const { out, error, code } = await review(file('plan.json', JSON.stringify(PLAN)));
    expect({ error, code }).toEqual({ error: '', code: 0 });
    expect(out.split('\n')[0]).toBe('no change of reach');
  });

  it('exits with 2 if something widens or is unknown in any environment', async () => {
    const web = { name: 'web', org_name: 'org', space_name: 'other' };
    const opened = file('opened.json', JSON.stringify(plan([{ address: 'cloudfoundry_app.web', after: web }])));
    const same = file('plan.json', JSON.stringify(PLAN));
    const { out, code } = await review(`staging=${same}`, `production=${opened}`);
    expect(code).toBe(2);
    expect(out).toContain('production: web may now directly reach something unknown');
  });
});
