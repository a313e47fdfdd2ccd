/** The commands of the README, in a checkout that nobody has worked in. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { down } from '@space-egress/foundation';
import { REPOSITORY } from '../tools/platform';
import { blocksOf } from './support/pages';

jest.setTimeout(15 * 60_000);

const FOUNDATION = `readme-${process.pid}`;

let checkout: string;
const env = { ...process.env, EGRESS_FOUNDATION: FOUNDATION };
const shell = (script: string): string =>
  execFileSync('bash', ['-e', '-c', script], {
    cwd: checkout,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** A block's lines, with the names of this test in place of those that a reader has. */
const linesOf = (language: string, containing: string): string[] => {
  const block = blocksOf('README.md').find((each) => each.language === language && each.text.includes(containing));
  if (block === undefined) throw new Error(`the README has no ${language} block with "${containing}"`);
  return block.text.split('\n');
};

/** What is there but packages and what is built once with them. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => !/(^|\/)(node_modules|lib)(\/|$)/.test(file))
    .sort();

/** What carries the foundation's label in the container engine. */
async function leftInEngine(): Promise<string[]> {
  const docker = new Docker();
  const filters = { label: [`space-egress.foundation=${FOUNDATION}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names: names }) => names),
    ...networks.map(({ Name: name }) => name),
    ...volumes.Volumes.map(({ Name: name }) => name),
  ];
}

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'readme-'));
  const options = { cwd: REPOSITORY, encoding: 'utf8' } as const;
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], options)
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(REPOSITORY, file)))
    .forEach((file) => {
      cpSync(join(REPOSITORY, file), join(checkout, file));
    });
});

afterAll(async () => {
  await down({ name: FOUNDATION });
  rmSync(checkout, { recursive: true, force: true });
});

test('row 15: they start, say "No changes", verify, and leave nothing in the engine and no file', async () => {
  const before = filesOf(checkout);
  const [start = '', remove = ''] = linesOf('sh', 'npm start');

  const first = shell(start);
  expect(first).toMatch(/✓ deploy: \d+ added, 0 changed, 0 destroyed/);
  expect(first).toMatch(/All \d+ answers are as expected\./);
  expect(shell(start)).toContain('✓ deploy: No changes');

  const [, router = ''] = /The demo runs at (http:\S+)/.exec(first) ?? [];
  const verify = linesOf('sh', '-- local env')
    .map((line) => line.replace(/http:\/\/egress-demo\.apps\.localhost:8701/, router))
    .map((line) => line.replace(/-- local (env|status|logs egress-proxy)/, `$& --name ${FOUNDATION}`));
  expect(shell(verify.join('\n'))).toMatch(
    /All \d+ answers are as expected\.[\s\S]*foundation \S+: running[\s\S]*"verdict"/,
  );

  expect(await leftInEngine()).not.toEqual([]);
  shell(remove);
  expect(await leftInEngine()).toEqual([]);
  expect(filesOf(checkout)).toEqual(before);
});
