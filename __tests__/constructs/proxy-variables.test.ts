import { execFileSync } from 'node:child_process';
import { buildpackVariables, dockerVariables, PROFILE_SCRIPT } from '../../constructs/proxy-variables';

const proxy = {
  uri: 'http://proxy.apps.internal:3128',
  noProxy: ['.apps.internal'],
  variables: ['NEW_RELIC_PROXY_URL'],
};

/** What the script adds to the environment of a program that is started after it, as the platform starts one. */
function exported(environment: Record<string, string>): Record<string, string> {
  const before = variables('', environment);
  return Object.fromEntries(
    Object.entries(variables(PROFILE_SCRIPT, environment)).filter(([name]) => !(name in before)),
  );
}

function variables(script: string, environment: Record<string, string>): Record<string, string> {
  const out = execFileSync('bash', ['-c', `set -eu\n${script}\nexec env -0`], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    encoding: 'utf8',
  });
  const lines = out.split('\0').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.replace(/=.*$/s, ''), line.replace(/^[^=]*=/, '')]));
}

test('the script gives a buildpack application what a container image gets at once', () => {
  expect(exported(buildpackVariables(proxy))).toEqual(dockerVariables(proxy));
});

test('the script does nothing without a proxy', () => {
  expect(exported({ HTTPS_PROXY: 'http://other' })).toEqual({});
});

test('neutral names are none that a program under staging reads', () => {
  expect(Object.keys(buildpackVariables(proxy)).filter((name) => !name.startsWith('EGRESS_'))).toEqual([]);
});
