/** Credentials of a proxy's clients, made and rotated by both engines with the real provider. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, LocalBackend, TerraformVariable } from 'cdktf';
import { Application, AppSource, type CredentialVersions, Destination, Egress, EgressProxy } from '../../constructs';
import { EgressSpace } from '../../constructs';
import { ENGINE_NAMES, findEngine } from '../../tools/engine';
import { redactPlan } from '../../tools/plan-json';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { type Foundation, startFoundation } from '../foundation/api/harness';
import { newStack } from '../support/synth';

jest.setTimeout(300_000);

const run = promisify(execFile);
const SEED = 'a seed that is long and random';
const passwordOf = (client: string, version: string) =>
  createHash('sha256').update(`${SEED}:${client}:${version}`).digest('hex');
const SECRETS = [SEED, passwordOf('web', '1'), passwordOf('web', '2'), passwordOf('batch', '1')];

function synthesize(outdir: string, credentials: CredentialVersions): void {
  const app = new App({ outdir });
  const stack = newStack(app, 'test');
  new LocalBackend(stack, { path: join(outdir, 'terraform.tfstate') });
  const at = { orgName: 'egress-demo', deployers: ['deployer'] };
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside' });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC }),
    image: 'registry.example/proxy:1',
    seed: new TerraformVariable(stack, 'seed', { type: 'string', sensitive: true }).stringValue,
  });
  const web = new Application(stack, 'Web', { space: inside, source: AppSource.image('registry.example/web:1') });
  web.useProxy(proxy, { allow: [Destination.host('api.example.gov')], credentials });
  proxy.grantClient('batch', { space: inside });
  app.synth();
}

describe.each(ENGINE_NAMES)('under %s', (engineName) => {
  let foundation: Foundation;
  let outdir: string;
  let command: ((...args: string[]) => Promise<string>) | undefined;

  beforeAll(async () => {
    const engine = await findEngine(engineName);
    if (engine === undefined) {
      console.warn(`skipped: there is no ${engineName} on this machine`);
      return;
    }
    const change = await engineEnvironment(engine, await ensureProviders(engineName));
    foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    outdir = mkdtempSync(join(tmpdir(), 'constructs-credentials-'));
    const { deployer } = foundation.service.credentials;
    const access = { CF_API_URL: foundation.service.url, CF_USER: deployer.username, CF_PASSWORD: deployer.password };
    const env = withChange(process.env, { ...change, ...access, TF_VAR_seed: SEED });
    const cwd = join(outdir, 'stacks', 'test');
    command = async (...args) => {
      try {
        const { stdout, stderr } = await run(engine.path, [...args, '-no-color'], {
          cwd,
          env,
          maxBuffer: 32 * 2 ** 20,
        });
        return stdout + stderr;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${engineName} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
      }
    };
    synthesize(outdir, { version: '1' });
    await command('init', '-input=false');
  });

  afterAll(async () => {
    if (command === undefined) return;
    await foundation.close();
    rmSync(outdir, { recursive: true, force: true });
  });

  type Command = NonNullable<typeof command>;
  const whenAvailable = (name: string, body: (command: Command) => Promise<void>): void => {
    test(name, async () => {
      if (command !== undefined) await body(command);
    });
  };
  const instances = (name: string) =>
    [...foundation.cell.running.values()].filter(({ appName }) => appName === name).map((one) => one.instanceGuid);
  const environment = (name: string) =>
    [...foundation.cell.running.values()].filter(({ appName }) => appName === name).map(({ env }) => env);
  const expectNoSecret = (text: string) => {
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  };
  const uri = (version: string) => `http://web.${version}:${passwordOf('web', version)}@proxy.apps.internal:3128`;

  whenAvailable(
    'a client gets its password, the proxy a hash of it, and a second plan finds nothing',
    async (engine) => {
      expectNoSecret(await engine('apply', '-auto-approve', '-input=false'));
      const [web] = environment('web');
      expect(web?.['HTTPS_PROXY']).toBe(uri('1'));
      expect(JSON.parse(web?.['VCAP_SERVICES'] ?? '{}')).toMatchObject({
        'user-provided': [
          {
            name: 'web-egress-credentials',
            credentials: {
              uri: uri('1'),
              host: 'proxy.apps.internal',
              port: '3128',
              username: 'web.1',
              password: passwordOf('web', '1'),
              domain: 'proxy.apps.internal',
              http_uri: uri('1'),
              https_uri: uri('1'),
            },
          },
        ],
      });
      for (const env of environment('proxy')) {
        expect(env['EGRESS_CREDENTIALS']).toMatch(
          /^batch\.1 \$2a\$05\$[./A-Za-z0-9]{53}\nweb\.1 \$2a\$05\$[./A-Za-z0-9]{53}$/,
        );
        expect(env['EGRESS_CLIENTS']).toBe('web api.example.gov:443');
      }
      expect(await engine('plan', '-input=false')).toContain('No changes.');
    },
  );

  whenAvailable(
    'a rotation keeps the old hash, replaces no application, and shows no password anywhere',
    async (engine) => {
      const before = environment('proxy')[0]?.['EGRESS_CREDENTIALS']?.split('\n') ?? [];
      synthesize(outdir, { version: '2', previous: '1' });
      const plan = await engine('plan', '-input=false', '-out=rotation');
      expectNoSecret(plan);
      expect(plan).toMatch(/Plan: 1 to add, \d to change, 0 to destroy/);
      const json = await engine('show', '-json', 'rotation');
      expect(json).toContain(passwordOf('web', '2'));
      expectNoSecret(redactPlan(json));
      expectNoSecret(await engine('show', 'rotation'));
      expectNoSecret(await engine('apply', '-input=false', 'rotation'));

      expect(environment('web').map((env) => env['HTTPS_PROXY'])).toEqual([uri('2')]);
      for (const env of environment('proxy')) {
        expect(env['EGRESS_CREDENTIALS']?.split('\n')).toEqual([
          ...before,
          expect.stringMatching(/^web\.2 \$2a\$05\$/) as string,
        ]);
      }
      expect(await engine('plan', '-input=false')).toContain('No changes.');
    },
  );

  whenAvailable('the end of a rotation closes the old password, and leaves the client alone', async (engine) => {
    const before = instances('web');
    synthesize(outdir, { version: '2' });
    const log = await engine('apply', '-auto-approve', '-input=false');
    expectNoSecret(log);
    expect(log).toMatch(/0 added, 1 changed, 1 destroyed/);
    expect(environment('proxy')[0]?.['EGRESS_CREDENTIALS']).not.toContain('web.1');
    expect(environment('web').map((env) => env['HTTPS_PROXY'])).toEqual([uri('2')]);
    expect(instances('web')).toEqual(before);
  });
});
