import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEngine } from '../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../tools/providers';
import { Stack } from '../tools/stack';
import { startFoundation, type Foundation, type Json } from '@space-egress/foundation/testing';
import { Checkout, type Edit } from './support/checkout';
import { temporaryFolder } from './support/temporary-folder';

jest.setTimeout(300_000);

let foundation: Foundation;
let checkout: Checkout;
let env: NodeJS.ProcessEnv;
let engine: string;
beforeAll(async () => {
  const found = await ensureEngine();
  const change = await engineEnvironment(found, await ensureProviders(found.name));
  engine = found.path;
  foundation = await startFoundation();
  checkout = new Checkout(temporaryFolder());
  const { username, password } = foundation.service.credentials.deployer;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(EGRESS|CF)_/.test(name));
  env = {
    ...withChange(Object.fromEntries(inherited), change),
    CF_API_URL: foundation.service.url,
    CF_USER: username,
    CF_PASSWORD: password,
    // Nothing is pushed, because every deployment here fails earlier.
    EGRESS_REGISTRY: 'registry.invalid',
    TF_VAR_s3_access_key_id: 'key',
    TF_VAR_s3_secret_access_key: 'secret-of-the-bucket',
  };
});
afterAll(() => foundation.close());

/** The error of a deployment that created nothing. */
async function failure(change: NodeJS.ProcessEnv, edits: readonly Edit[] = []): Promise<string> {
  checkout.edit(...edits);
  const stack = new Stack({ folder: checkout.folder, name: 'egress-demo', engine, env: { ...env, ...change } });
  const message = await stack.deploy().then(
    () => 'it was deployed',
    (error: unknown) => (error as Error).message,
  );
  expect(stack.deployed).toBe(false);
  expect((await foundation.admin.get('/v3/spaces')).body['resources'] as Json[]).toEqual([]);
  return message;
}

describe('a deployment fails briefly, and creates nothing, for', () => {
  test.each<[string, NodeJS.ProcessEnv, readonly Edit[], RegExp]>([
    [
      'an organization that is not there',
      { EGRESS_ORG: 'nowhere' },
      [],
      /Given name nowhere not .*remedy: set EGRESS_ORG to/s,
    ],
    [
      'a domain that is not there',
      { EGRESS_APPS_DOMAIN: 'apps.nowhere.example' },
      [],
      /Given name apps\.nowhere\.example not .*remedy: set EGRESS_APPS_DOMAIN/s,
    ],
    [
      'a security group that is not there',
      {},
      [['egress: Egress.TRUSTED_LOCAL', "egress: Egress.of('no_such_group')"]],
      /Given name no_such_group not .*remedy: give Egress\.of\(\.\.\.\) names that/s,
    ],
    [
      'a wrong password',
      { CF_PASSWORD: 'not-the-password' },
      [],
      /Bad credentials.*remedy: check CF_USER and CF_PASSWORD/s,
    ],
  ])('%s', async (_what, change, edits, words) => {
    const message = await failure(change, edits);
    expect(message).toMatch(words);
    expect(message).not.toContain('not-the-password');
    expect(message).not.toContain('cdk.tf.json');
    expect(message.split('\n').length).toBeLessThan(10);
  });

  test("an API that doesn't answer", async () => {
    // A system never assigns this port. It could assign one that was free a moment ago.
    const address = 'http://127.0.0.1:1';
    const message = await failure({ CF_API_URL: address });
    expect(message.replaceAll(/\s+/g, ' ')).toContain(`Get "${address}/": dial tcp`);
    expect(message).toContain('remedy: check CF_API_URL, and whether the foundation is up');
  });
});

const OVER_THE_LIMIT =
  'allow: [...Array.from({ length: 40_000 }, (_, index) => Destination.host(`h${index}.agency.example.gov`)), ';

describe('the program refuses, with the line in it and before any engine runs,', () => {
  test.each<[string, Edit, RegExp]>([
    [
      'a destination with a scheme',
      ["Destination.host('www.example.com', 80, 443)", "Destination.host('https://www.example.com', 80, 443)"],
      /'https:\/\/www\.example\.com' has a scheme: write the host name only/,
    ],
    [
      'a port out of range',
      ["Destination.domain('example.org', 80, 443)", "Destination.domain('example.org', 80, 70000)"],
      /70000 is not a port/,
    ],
    [
      'an allowlist over the limit',
      ['allow: [', OVER_THE_LIMIT],
      /the allowlist has \d+ destinations in \d+ bytes, \d+ over the 1048576 that fit .*: name domains instead/,
    ],
    [
      'a proxy in a space that cannot reach the internet',
      ['egress: Egress.PUBLIC', 'egress: Egress.CLOSED'],
      /Public can't reach the internet/,
    ],
    [
      'an edge without a port',
      ['demo.useProxy(proxy);', 'demo.useProxy(proxy);\n    proxy.connections.allowTo(demo);'],
      /Demo does not declare a port, so a policy to it needs one: call allowTo\(peer, Port\.tcp\(8080\)\)/,
    ],
  ])('%s', async (_what, edit, words) => {
    rmSync(join(checkout.folder, 'cdktf.out'), { recursive: true, force: true });
    const message = await failure({}, [edit]);
    expect(message).toMatch(/^cdktf deploy ended with 1:\nmain\.ts:\d+: /);
    expect(message).toMatch(words);
    expect(message).not.toMatch(/^\s+at /m);
    expect(existsSync(join(checkout.folder, 'cdktf.out', 'stacks', 'egress-demo', '.terraform'))).toBe(false);
  });

  test('invalid settings, all at once', async () => {
    const message = await failure({ EGRESS_S3: 'nonsense', EGRESS_BUCKET: 'My_Bucket' });
    expect(message).toContain("- EGRESS_S3 is 'nonsense': give user-provided, managed:OFFERING/PLAN or existing:NAME");
    expect(message).toContain("- EGRESS_BUCKET is 'My_Bucket': give a bucket's name");
  });
});
