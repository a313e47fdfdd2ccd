/** What the constructs make, applied by both engines with the real provider to the foundation's API. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, LocalBackend } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, HealthCheck } from '../../constructs';
import { InternalRoute, Port, Route, S3, Service } from '../../constructs';
import { ENGINE_NAMES, findEngine } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { type Foundation, type Json, startFoundation } from '../foundation/api/harness';
import { newStack } from '../support/synth';

jest.setTimeout(300_000);

const run = promisify(execFile);

interface Variant {
  readonly allow: readonly string[];
  readonly edge: boolean;
  readonly secretAccessKey: string;
  readonly internalDomain?: string;
}

/** One of everything, with the deployer's roles only. */
function synthesize(outdir: string, { allow, edge, secretAccessKey, internalDomain = 'apps.internal' }: Variant): void {
  const app = new App({ outdir });
  const stack = newStack(app, 'test');
  new LocalBackend(stack, { path: join(outdir, 'terraform.tfstate') });
  const at = { orgName: 'egress-demo', deployers: ['deployer'] };
  const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: outside,
    image: 'registry.example/proxy:1',
    allow: allow.map((text) => Destination.parse(text)),
  });
  const own = { bucket: 'mine', region: 'us-gov-west-1', accessKeyId: 'key', secretAccessKey };
  const services = [
    new Service(stack, 'Own', { space: inside, serviceName: 'own', kind: S3.userProvided(own) }),
    new Service(stack, 'Brokered', { space: inside, serviceName: 'brokered', kind: S3.managed('s3', 'basic-sandbox') }),
  ];
  const healthCheck = HealthCheck.http('/healthz');
  const pushed = new Application(stack, 'Pushed', {
    space: inside,
    source: AppSource.directory('app'),
    services,
    healthCheck,
  });
  const pulled = new Application(stack, 'Pulled', { space: inside, source: AppSource.image('registry.example/web:1') });
  if (edge) pushed.useProxy(proxy);
  pushed.connections.allowTo(pulled, Port.tcpRange(8080, 8081));
  new Route(stack, 'Public', { app: pushed, host: 'www', domain: 'apps.localhost' });
  new InternalRoute(stack, 'Internal', { app: pulled, host: 'pulled', domain: internalDomain });
  app.synth();
}

const FIRST: Variant = { allow: ['www.example.com:443', '.example.org:80,443'], edge: true, secretAccessKey: 'one' };

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
    outdir = mkdtempSync(join(tmpdir(), 'constructs-deploy-'));
    const { deployer } = foundation.service.credentials;
    const access = { CF_API_URL: foundation.service.url, CF_USER: deployer.username, CF_PASSWORD: deployer.password };
    const env = withChange(process.env, { ...change, ...access });
    const cwd = join(outdir, 'stacks', 'test');
    command = async (...args) => {
      try {
        return (await run(engine.path, [...args, '-no-color'], { cwd, env, maxBuffer: 32 * 1024 * 1024 })).stdout;
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`${engineName} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
      }
    };
    synthesize(outdir, FIRST);
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
  const apply = (engine: Command) => engine('apply', '-auto-approve', '-input=false');
  const plan = (engine: Command) => engine('plan', '-input=false');
  const running = (name: string) => [...foundation.cell.running.values()].filter(({ appName }) => appName === name);
  const policies = async () => {
    const { body } = await foundation.admin.get('/networking/v1/external/policies');
    return (body['policies'] as Json[]).map((policy) => (policy['destination'] as Json)['ports']);
  };

  whenAvailable(
    'an account that is no more than OrgManager makes all of it, and a second plan finds nothing',
    async (engine) => {
      await apply(engine);
      expect(await plan(engine)).toContain('No changes.');
      expect(running('proxy').map(({ env }) => env['EGRESS_ALLOW'])).toEqual(
        Array(2).fill('www.example.com:443\n.example.org:80,443'),
      );
      expect(running('pushed').map(({ env }) => env['EGRESS_PROXY_URI'])).toEqual(['http://proxy.apps.internal:3128']);
      expect(await policies()).toEqual(
        expect.arrayContaining([
          { start: 3128, end: 3128 },
          { start: 8080, end: 8081 },
        ]),
      );
    },
  );

  whenAvailable('a change of the allowlist is a line of the plan and replaces nothing', async (engine) => {
    const before = await foundation.admin.find('/v3/apps?names=proxy');
    synthesize(outdir, { ...FIRST, allow: ['www.example.com:443', 'www.example.net:443'] });
    const text = await plan(engine);
    expect(text).toMatch(/^ *- \.example\.org:80,443$/m);
    expect(text).toMatch(/^ *\+ www\.example\.net:443$/m);
    expect(text).toContain(' 0 to destroy.');
    await apply(engine);
    expect(await foundation.admin.find('/v3/apps?names=proxy')).toBe(before);
    expect(running('proxy').map(({ env }) => env['EGRESS_ALLOW'])).toEqual(
      Array(2).fill('www.example.com:443\nwww.example.net:443'),
    );
    expect(await plan(engine)).toContain('No changes.');
  });

  whenAvailable(
    'an edge taken out closes, a long list arrives whole, and new credentials restart who is bound',
    async (engine) => {
      const [before] = running('pushed');
      const many = Array.from({ length: 6000 }, (_, index) => `h${index}.agency.example.gov:443`).sort();
      synthesize(outdir, { allow: many, edge: false, secretAccessKey: 'two' });
      await apply(engine);
      expect(await policies()).toEqual([{ start: 8080, end: 8081 }]);
      for (const { env } of running('proxy')) {
        expect(`${env['EGRESS_ALLOW']}\n${env['EGRESS_ALLOW_1']}`.split('\n').sort()).toEqual(many);
      }
      const [after] = running('pushed');
      expect(after?.instanceGuid).not.toBe(before?.instanceGuid);
      expect(after?.env['VCAP_SERVICES']).toContain('"secret_access_key":"two"');
    },
  );

  whenAvailable('put back, the edge opens, and nothing of the longer list stays readable', async (engine) => {
    synthesize(outdir, FIRST);
    await apply(engine);
    expect(await policies()).toHaveLength(2);
    expect(running('proxy').map(({ env }) => env['EGRESS_ALLOW_1'])).toEqual(['', '']);
    expect(await plan(engine)).toContain('No changes.');
  });

  whenAvailable('fails for an internal route in a public domain, before anything is changed', async (engine) => {
    synthesize(outdir, { ...FIRST, internalDomain: 'apps.localhost' });
    await expect(plan(engine)).rejects.toThrow(/apps\.localhost is a public domain/);
  });

  whenAvailable('all of it is destroyed, the roles last', async (engine) => {
    synthesize(outdir, FIRST);
    await engine('apply', '-destroy', '-auto-approve', '-input=false');
    const { body } = await foundation.admin.get('/v3/spaces');
    expect(body['resources']).toEqual([]);
    expect(foundation.cell.running.size).toBe(0);
    expect(foundation.failures).toEqual([]);
  });
});
