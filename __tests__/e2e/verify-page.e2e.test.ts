/** The commands in docs/verify.md for what is deployed; start.e2e.test.ts has those that start and remove it. */
import { execFileSync } from 'node:child_process';
import { REPOSITORY } from '../../tools/platform';
import { Demo, FOUNDATION } from './support/demo';
import { OUTPUTS_FILE } from '../../tools/stack';
import { blocksOf } from '../support/pages';

jest.setTimeout(10 * 60_000);

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
