/** Credentials of a proxy's clients, created and rotated by both engines with the real provider. */
import { type TerraformStack, TerraformVariable } from 'cdktf';
import { Application, AppSource, type CredentialVersions, Destination, Egress, EgressProxy } from '../../constructs';
import { EgressSpace } from '../../constructs';
import { ENGINE_NAMES } from '../../tools/engine';
import { redactPlan } from '../../tools/stack';
import { render } from '../squid/rules';
import { type Deployment, deploymentTests } from '../support/deployment';
import { passwordOf, SEED } from '../support/example';

jest.setTimeout(300_000);

const password = (client: string, version: string) => passwordOf(['egress-demo', 'outside', 'proxy'], client, version);
const SECRETS = [SEED, password('web', '1'), password('web', '2'), password('batch', '1')];

const clients = (credentials?: CredentialVersions) => (stack: TerraformStack) => {
  const at = { orgName: 'egress-demo', deployers: ['deployer'] };
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside' });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC }),
    source: AppSource.image('registry.example/proxy:1'),
    seed: credentials && new TerraformVariable(stack, 'seed', { type: 'string', sensitive: true }).stringValue,
  });
  if (credentials === undefined) return;
  const web = new Application(stack, 'Web', { space: inside, source: AppSource.image('registry.example/web:1') });
  web.useProxy(proxy, { allow: [Destination.host('api.example.gov')], credentials });
  proxy.grantClient('batch', { space: inside });
};

describe.each(ENGINE_NAMES)('under %s', (engineName) => {
  const whenAvailable = deploymentTests(engineName, clients({ version: '1' }), { TF_VAR_seed: SEED });
  const instances = (of: Deployment, name: string) => of.running(name).map(({ instanceGuid }) => instanceGuid);
  const environment = (of: Deployment, name: string) => of.running(name).map(({ env }) => env);
  const expectNoSecret = (text: string) => {
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  };
  const uri = (version: string) => `http://web.${version}:${password('web', version)}@proxy.apps.internal:3128`;

  whenAvailable(
    'a client gets its password, the proxy a hash of it, and a second plan finds nothing',
    async (deployment) => {
      expectNoSecret(await deployment.apply());
      const [web] = environment(deployment, 'web');
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
              password: password('web', '1'),
              domain: 'proxy.apps.internal',
              http_uri: uri('1'),
              https_uri: uri('1'),
            },
          },
        ],
      });
      for (const env of environment(deployment, 'proxy')) {
        expect(env['EGRESS_CREDENTIALS']).toMatch(
          /^batch\.1 \$2a\$05\$[./A-Za-z0-9]{53}\nweb\.1 \$2a\$05\$[./A-Za-z0-9]{53}$/,
        );
        expect(env['EGRESS_CLIENTS']).toBe('web api.example.gov:443');
      }
      expect(await deployment.plan()).toContain('No changes.');
    },
  );

  whenAvailable(
    'a rotation keeps the old hash, replaces no application, and shows no password anywhere',
    async (deployment) => {
      const before = environment(deployment, 'proxy')[0]?.['EGRESS_CREDENTIALS']?.split('\n') ?? [];
      deployment.synthesize(clients({ version: '2', previous: '1' }));
      const plan = await deployment.engine('plan', '-input=false', '-out=rotation');
      expectNoSecret(plan);
      expect(plan).toMatch(/Plan: 1 to add, \d to change, 0 to destroy/);
      const json = await deployment.engine('show', '-json', 'rotation');
      expect(json).toContain(password('web', '2'));
      expectNoSecret(redactPlan(json));
      expectNoSecret(await deployment.engine('show', 'rotation'));
      expectNoSecret(await deployment.engine('apply', '-input=false', 'rotation'));

      expect(environment(deployment, 'web').map((env) => env['HTTPS_PROXY'])).toEqual([uri('2')]);
      for (const env of environment(deployment, 'proxy')) {
        expect(env['EGRESS_CREDENTIALS']?.split('\n')).toEqual([
          ...before,
          expect.stringMatching(/^web\.2 \$2a\$05\$/) as string,
        ]);
      }
      expect(await deployment.plan()).toContain('No changes.');
    },
  );

  whenAvailable('the end of a rotation closes the old password, and leaves the client alone', async (deployment) => {
    const before = instances(deployment, 'web');
    deployment.synthesize(clients({ version: '2' }));
    const log = await deployment.apply();
    expectNoSecret(log);
    expect(log).toMatch(/0 added, 1 changed, 1 destroyed/);
    expect(environment(deployment, 'proxy')[0]?.['EGRESS_CREDENTIALS']).not.toContain('web.1');
    expect(environment(deployment, 'web').map((env) => env['HTTPS_PROXY'])).toEqual([uri('2')]);
    expect(instances(deployment, 'web')).toEqual(before);
  });

  whenAvailable('hashes that somebody has changed by hand are put back', async (deployment) => {
    const { admin } = deployment.foundation;
    const proxy = await admin.find('/v3/apps?names=proxy');
    const { body } = await admin.get(`/v3/apps/${proxy}/environment_variables`);
    const { EGRESS_CREDENTIALS: before } = body['var'] as Record<string, string>;
    await admin.patch(`/v3/apps/${proxy}/environment_variables`, { var: { EGRESS_CREDENTIALS: 'mallory.1 $2a$05$x' } });
    const plan = await deployment.plan();
    expect(plan).toContain('- mallory.1');
    expect(plan).toMatch(/0 to add, \d to change, 0 to destroy/);
    await deployment.apply();
    expect(environment(deployment, 'proxy').map((env) => env['EGRESS_CREDENTIALS'])).toEqual([before, before]);
    expect(await deployment.plan()).toContain('No changes.');
  });

  whenAvailable(
    'a service that somebody has deleted is made and bound again, in Terraform once the state has let go of it',
    async (deployment) => {
      const { admin } = deployment.foundation;
      const service = await admin.find('/v3/service_instances?names=web-egress-credentials');
      const binding = await admin.find(`/v3/service_credential_bindings?service_instance_guids=${service}`);
      await admin.delete(`/v3/service_credential_bindings/${binding}`);
      await admin.delete(`/v3/service_instances/${service}`);
      if (engineName === 'terraform') {
        const refusal = await deployment.plan().catch(String);
        expect(refusal).toContain('Missing Resource Identity After Read');
        const [, address = ''] = /with (cloudfoundry_service_instance\.\S+),/.exec(refusal) ?? [];
        await deployment.engine('state', 'rm', address);
      }
      await deployment.apply();
      expect(environment(deployment, 'web').map((env) => env['VCAP_SERVICES'])).toEqual([
        expect.stringContaining(password('web', '2')) as string,
      ]);
      expect(await deployment.plan()).toContain('No changes.');
    },
  );

  whenAvailable('a seed that could be found by trying is refused before anything changes', async (deployment) => {
    for (const weak of ['a'.repeat(64), 'short and random: k3J9x']) {
      const failure = await deployment.engine('plan', '-input=false', `-var=seed=${weak}`).catch(String);
      // The first line repeats the command.
      const refusal = failure.replace(/^.*\n/, '');
      expect(refusal.replaceAll(/\s*[│╷╵]?\s+/g, ' ')).toContain('make one with openssl rand -hex 32');
      expect(refusal).not.toContain(weak);
    }
  });

  whenAvailable('a proxy whose seed is taken away asks nobody any more, from that deploy on', async (deployment) => {
    const rules = () => environment(deployment, 'proxy').map((env) => render(env).stdout);
    expect(rules().join()).toContain('note client web');
    deployment.synthesize(clients());
    await deployment.apply();
    expect(rules()).toHaveLength(2);
    expect(rules().join()).not.toContain('client');
    expect(await deployment.plan()).toContain('No changes.');
  });
});
