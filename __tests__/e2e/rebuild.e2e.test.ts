/**
 * The steps of the weekly rebuild of the proxy's image, against the deployed recipe and with a client that counts
 * losses.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { readConfig } from '../../config';
import { REPOSITORY } from '../../tools/platform';
import { runStep } from '../support/workflow';
import { Demo } from './support/demo';
import { underLoad } from './support/load';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(15 * 60_000);

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();

let demo: Demo;
let scratch: string;
let repository: string;

async function deployedImage(): Promise<string> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { org, publicSpace } = readConfig(demo.env);
  const app = await cloud.appGuid(org, publicSpace, 'egress-proxy');
  return String((await cloud.get(`/v3/apps/${app}/droplets/current`)).image);
}

beforeAll(async () => {
  scratch = temporaryFolder();
  demo = await Demo.open();
  await demo.deploy();
  repository = `${readConfig(demo.env).registry}/egress-proxy`;
  const image = await deployedImage();
  docker('pull', '--quiet', image);
  docker('tag', image, `${repository}:current`);
  docker('push', '--quiet', `${repository}:current`);
  demo.env.EGRESS_PROXY_IMAGE = `${repository}:current`;
  await demo.deploy();
});

afterAll(async () => {
  delete demo.env.EGRESS_PROXY_IMAGE;
  await demo.deploy();
});

test('an image that is rebuilt under its tag is rolled out, and no request of 200 a second is lost', async () => {
  const { env } = demo;
  const before = await deployedImage();
  const { org, appsDomain, registry } = readConfig(env);
  const vars = {
    CF_API_URL: env.CF_API_URL,
    EGRESS_APPS_DOMAIN: appsDomain,
    EGRESS_ORG: org,
    EGRESS_REGISTRY: registry,
    EGRESS_STATE: 'local',
  };
  const secrets = {
    CF_USER: env.CF_USER,
    CF_PASSWORD: env.CF_PASSWORD,
    S3_ACCESS_KEY_ID: env.TF_VAR_s3_access_key_id,
    S3_SECRET_ACCESS_KEY: env.TF_VAR_s3_secret_access_key,
  };
  // Providers that were built here aren't in a lock file from a registry.
  const machine = { ...env, CDKTF_SKIP_PROVIDER_LOCK: 'true', GITHUB_STEP_SUMMARY: join(scratch, 'summary') };
  const step = (name: string, cwd: string) =>
    runStep({ workflow: 'proxy-image.yml', job: 'rebuild', name }, { secrets, vars }, { cwd, env: machine });

  const rebuilt = await step('Rebuild', REPOSITORY);
  rmSync(join(REPOSITORY, 'sbom.spdx.json'), { force: true });
  expect([rebuilt.code, rebuilt.printed]).toEqual([0, expect.stringContaining('it refuses what is not listed')]);

  const load = { rate: 200, keepAlive: false, url: 'http://www.example.org/' };
  const lost = await underLoad(demo, load, async () => {
    const rolled = await step('Roll out', demo.folder);
    expect([rolled.code, rolled.printed]).toEqual([0, expect.stringContaining('1 changed, 0 destroyed')]);
  });
  expect(lost).toEqual({ sent: expect.any(Number) as number, failed: 0, failures: {} });
  expect(lost.sent).toBeGreaterThan(1000);

  const after = await deployedImage();
  expect(after).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(after).not.toBe(before);
  expect(existsSync(join(scratch, 'summary'))).toBe(true);
  expect((await demo.stack.plan()).changes).toBe(false);
});
