/** The commands on pages run, and print what the page shows; start.e2e.test.ts has those that start and remove the demo. */
import { execFile, execFileSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { findCf } from '@space-egress/foundation/testing';
import { REPOSITORY } from '../../tools/platform';
import { OUTPUTS_FILE } from '../../tools/stack';
import { blocksOf } from '../support/pages';
import { temporaryFolder } from '../support/temporary-folder';
import { Demo, FOUNDATION } from './support/demo';

jest.setTimeout(10 * 60_000);

const program = findCf();
// No registry has the cf command. If it isn't installed, the tests count as skipped.
const withCf = program === undefined ? describe.skip : describe;

interface Step {
  readonly commands: readonly string[];
  /** The output of the last command; undefined if the page doesn't show it. */
  readonly prints?: string;
}

const blocks = blocksOf('docs/by-hand.md');
const steps = blocks.flatMap(({ language, text }, index): Step[] => {
  if (language !== 'sh') return [];
  // The tests use another foundation than a reader, and it is already running.
  const commands = text.split('\n').filter((line) => !/^(npm|eval) /.test(line));
  const next = blocks[index + 1];
  return [{ commands, ...(next?.language === 'text' && { prints: next.text }) }];
});

/** Without durations, which vary. */
const timeless = (text: string): string => text.trim().replaceAll(/after \d+ ms/g, 'after 8 ms');

withCf('the page of the recipe by hand, with the real cf,', () => {
  const home = temporaryFolder();
  let env: NodeJS.ProcessEnv;

  const run = (command: string): Promise<{ text: string; code: number }> =>
    new Promise((done) => {
      execFile('bash', ['-c', `${command} 2>&1`], { cwd: REPOSITORY, env }, (error, text) => {
        done({ text, code: error === null ? 0 : Number(error.code ?? 1) });
      });
    });

  beforeAll(async () => {
    const path = [dirname(program ?? ''), process.env.PATH].join(delimiter);
    env = { ...(await Demo.open()).env, PATH: path, CF_HOME: home, CF_COLOR: 'false' };
  });
  // The last step on the page cleans up, even if the test has failed.
  afterAll(async () => {
    for (const command of steps.at(-1)?.commands ?? []) await run(command);
  });

  test('has ten commands from an empty organization to an answer through the proxy', () => {
    const all = steps.slice(1).flatMap(({ commands, prints }) => commands.map((command) => [command, prints]));
    expect(all.findIndex(([, prints]) => prints === '200')).toBe(9);
  });

  test('does and prints what it says', async () => {
    for (const { commands, prints } of steps) {
      for (const [index, command] of commands.entries()) {
        const { text, code } = await run(command);
        const said = index === commands.length - 1 ? prints : undefined;
        if (said === undefined) expect({ command, text, code }).toEqual({ command, text, code: 0 });
        else expect({ command, text: timeless(text) }).toEqual({ command, text: timeless(said) });
      }
    }
  });
});

test('the commands that verify run as the page shows them, and each prints what the page promises', async () => {
  const demo = await Demo.open();
  await demo.deploy();
  // cdktf writes the file with the outputs.
  await demo.stack.deploy();

  const block = blocksOf('docs/verify.md').find(
    ({ language, text }) => language === 'sh' && text.includes('-- local env'),
  );
  // A reader uses the default foundation, deployed from the checkout.
  const script = (block?.text ?? '')
    .replace('-- verify', `$& --outputs ${demo.folder}/${OUTPUTS_FILE}`)
    .replace(/-- local (env|status|logs egress-proxy)/g, `$& --name ${FOUNDATION}`);
  // Enough for everything that the foundation keeps of the proxy's log, which other tests can have filled.
  const maxBuffer = 64 * 2 ** 20;
  const options = { cwd: REPOSITORY, encoding: 'utf8', stdio: 'pipe', maxBuffer } as const;
  const output = execFileSync('bash', ['-e', '-c', script], options);

  expect(script.match(/--name/g)).toHaveLength(3);
  expect(output).toMatch(/^All \d+ answers are as expected\.$/m);
  expect(output).toContain(`foundation ${FOUNDATION}: running`);
  expect(output).toMatch(/"host":"www\.example\.net".*"verdict":"refused"/);
});
