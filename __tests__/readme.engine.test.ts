/** Compares what pages say about cdktf, npm's packages, and the engines with those programs. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../tools/platform';
import { commandsOf } from './support/commands';
import { type Block, blocksOf, pagesWithCode, readPage } from './support/pages';
import { engineHere, testUnder } from './support/engines';
import { temporaryFolder } from './support/temporary-folder';

jest.setTimeout(120_000);

const run = (
  command: string,
  args: readonly string[],
  cwd = REPOSITORY,
  env: NodeJS.ProcessEnv = process.env,
): string => execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: 'pipe' });

const shellBlocks = (): Block[] =>
  pagesWithCode()
    .flatMap((page) => blocksOf(page))
    .filter(({ language }) => language === 'sh');

test('cdktf has the commands and options that pages use', () => {
  const calls = shellBlocks()
    .flatMap(({ page, line, text }) => commandsOf((within) => `${page}:${line + within}`, text))
    .filter(({ words }) => words[0] === 'npx' && words[1] === 'cdktf');
  const help = new Map<string, string>();
  const problems = calls.flatMap(({ where, words: [, , command = '', ...args] }) => {
    const text = help.get(command) ?? run('npx', ['cdktf', command, '--help']);
    help.set(command, text);
    const options = args.filter((arg) => arg.startsWith('--')).map((arg) => arg.replace(/=.*/, ''));
    return [
      ...(text.startsWith(`cdktf ${command}`) ? [] : [`${where}: cdktf has no command ${command}`]),
      ...options.filter((option) => !new RegExp(`${option}\\b`).test(text)).map((option) => `${where}: no ${option}`),
    ];
  });
  expect(calls.length).toBeGreaterThan(2);
  expect(problems).toEqual([]);
});

describe('the state encryption of the guide', () => {
  const [block] = shellBlocks().filter(({ text }) => text.includes('TF_ENCRYPTION='));
  const encryption = /TF_ENCRYPTION='([^']*)'/.exec(block?.text ?? '')?.[1] ?? '';
  const SECRET = 'a-secret-of-the-state';
  const configuration = {
    terraform: { backend: { local: { path: 'the.tfstate' } } },
    resource: { terraform_data: { secret: { input: SECRET } } },
  };

  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration));
  });

  const state = (): string => readFileSync(join(folder, 'the.tfstate'), 'utf8');

  testUnder('tofu')('hides the content of a state, and encrypts an existing one as the guide says', async () => {
    const tofu = await engineHere('tofu');
    const apply = (variable?: string): void => {
      const env = { ...process.env, TF_ENCRYPTION: variable };
      run(tofu.path, ['init', '-input=false'], folder, env);
      run(tofu.path, ['apply', '-input=false', '-auto-approve'], folder, env);
    };
    apply();
    expect(state()).toContain(SECRET);
    expect(() => {
      apply(encryption);
    }).toThrow('unencrypted');

    const [before = '', fallback = ''] = [
      ...readPage('docs/deploying.md').matchAll(/`((?:method|fallback) [^`]*)`/g),
    ].map(([, text = '']) => text);
    apply(`${before}\n${encryption.replace('enforced = true', fallback)}`);
    expect(state()).not.toContain(SECRET);
    apply(encryption);
    expect(state()).not.toContain(SECRET);
    expect(state()).toContain('encrypted_data');
  });
});
