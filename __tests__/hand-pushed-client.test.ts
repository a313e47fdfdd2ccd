import { execFileSync, spawnSync } from 'node:child_process';
import { blocksOf } from './support/pages';

const [profile] = blocksOf('docs/proxy-clients.md')
  .map(({ text }) => text)
  .filter((text) => text.includes('VCAP_SERVICES'));

const hasJq = spawnSync('jq', ['--version']).status === 0;

/** Cloud Foundry's stacks have jq, but a machine that runs these tests might not. */
(hasJq ? test : test.skip)('the .profile for an application that is pushed by hand exports its own credentials', () => {
  const credentials = (uri: string) => ({ credentials: { uri } });
  const services = {
    'user-provided': [
      { name: 'other-egress-credentials', ...credentials('http://other.1:x@proxy.apps.internal:3128') },
      { name: 'batch-egress-credentials', ...credentials('http://batch.1:y@proxy.apps.internal:3128') },
    ],
  };
  const { PATH = '' } = process.env;
  const printed = execFileSync('sh', ['-c', `${profile ?? 'false'}\nenv`], {
    env: { PATH, VCAP_SERVICES: JSON.stringify(services) },
    encoding: 'utf8',
  });
  const variables = printed.split('\n').filter((line) => /^(https?|no)_proxy=/i.test(line));
  const uri = 'http://batch.1:y@proxy.apps.internal:3128';
  const direct = 'localhost,127.0.0.1,::1,.apps.internal';
  expect(variables.sort()).toEqual(
    [
      `HTTPS_PROXY=${uri}`,
      `HTTP_PROXY=${uri}`,
      `NO_PROXY=${direct}`,
      `http_proxy=${uri}`,
      `https_proxy=${uri}`,
      `no_proxy=${direct}`,
    ].sort(),
  );
});
