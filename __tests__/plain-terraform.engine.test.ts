/** Follows "Ten minutes with plain Terraform" like a reader, in a folder without anything from this repository. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildCommandPackage } from '../tools/build-command';
import { REPOSITORY } from '../tools/platform';
import { EngineOnFoundation, EITHER_ENGINE, testUnder } from './support/engines';
import { blocksOf } from './support/pages';
import { temporaryFolder } from './support/temporary-folder';

jest.setTimeout(300_000);

const PAGE = 'docs/plain-terraform.md';
const PARSER = '@cdktf/hcl2json';
/** The exit codes on the page, for commands that don't end with 0. */
const WIDENS = 2;

describe.each(EITHER_ENGINE)('the page about plain Terraform with %s', (engineName) => {
  let engine: EngineOnFoundation;
  const folder = temporaryFolder();

  beforeAll(async () => {
    engine = await EngineOnFoundation.start(engineName);
  });
  afterAll(async () => {
    await engine.foundation.close();
  });

  const shell = (command: string, cwd = folder) => {
    const path = `${dirname(engine.path)}:${process.env.PATH ?? ''}`;
    const env = { ...engine.env, PATH: path, NO_COLOR: '1' };
    // Asynchronous, because the foundation answers from this process.
    return new Promise<{ status: number; stdout: string; all: string }>((done) => {
      execFile('bash', ['-c', command], { cwd, env, timeout: 120_000 }, (error, stdout, stderr) => {
        done({ status: Number(error?.code ?? 0), stdout, all: `${command}\n${stdout}${stderr}` });
      });
    });
  };
  const edit = (diff: string): void => {
    const [gone = '', come = ''] = ['-', '+'].map((sign) =>
      diff
        .split('\n')
        .filter((line) => line.startsWith(sign))
        .map((line) => line.slice(1))
        .join('\n'),
    );
    const file = join(folder, 'main.tf');
    const before = readFileSync(file, 'utf8');
    expect(before).toContain(gone);
    writeFileSync(
      file,
      before.replace(gone, () => come),
    );
  };

  testUnder(engineName)('does what it says, command by command', async () => {
    const packed = join(folder, 'packed');
    await buildCommandPackage(packed);
    expect((await shell(`npm pack --silent --ignore-scripts ${packed}`)).status).toBe(0);
    expect((await shell('npm init --yes')).status).toBe(0);
    mkdirSync(join(folder, 'node_modules', '@cdktf'), { recursive: true });

    let ran = 0;
    for (const { language, text } of blocksOf(PAGE)) {
      if (language === 'hcl') writeFileSync(join(folder, 'main.tf'), text);
      if (language === 'diff') edit(text);
      // A link, instead of an installation from a registry.
      if (language === 'sh' && text.includes(PARSER))
        symlinkSync(join(REPOSITORY, 'node_modules', PARSER), join(folder, 'node_modules', PARSER));
      if (language !== 'text') continue;
      for (const [, command = '', output = ''] of text.matchAll(/^\$ (.*)\n?((?:(?!\$ ).*\n?)*)/gm)) {
        const { status, stdout, all } = await shell(command.replace(/^terraform /, `${engineName} `));
        expect([all, status]).toEqual([all, output.startsWith('opens ') ? WIDENS : 0]);
        expect(stdout).toContain(output.trimEnd());
        ran += 1;
      }
      // As the page says at the end of the third step.
      if (text.includes('no change of reach')) {
        expect((await shell(`${engineName} apply -input=false tfplan`)).status).toBe(0);
      }
    }
    expect(ran).toBe(12);

    // For the engine, the output of from-hcl is the same configuration as its input.
    const stack = join(folder, 'cdktf.out', 'stacks', basename(folder));
    for (const name of ['terraform.tfstate', '.terraform', '.terraform.lock.hcl'])
      cpSync(join(folder, name), join(stack, name), { recursive: true, verbatimSymlinks: true });
    expect((await shell(`${engineName} apply -auto-approve`)).status).toBe(0);
    cpSync(join(folder, 'terraform.tfstate'), join(stack, 'terraform.tfstate'));
    expect(await shell(`${engineName} plan -input=false -detailed-exitcode`, stack)).toMatchObject({ status: 0 });
  });
});
