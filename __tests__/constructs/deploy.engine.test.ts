/** The constructs' output, applied by a real engine with the real provider to the foundation's API. */
import type { TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, HealthCheck } from '../../constructs';
import { InternalRoute, Port, Route, S3, Service, type ServiceHost, ServiceKind, TcpForward } from '../../constructs';
import { plain } from '../../review/phrase';
import { reviewPlans } from '../../review/review';
import type { Json } from '@space-egress/foundation/testing';
import { render } from '../squid/rules';
import { type Deployment, deploymentTests } from '../support/deployment';
import { EITHER_ENGINE } from '../support/engines';

jest.setTimeout(300_000);

interface Variant {
  readonly allow: readonly string[];
  readonly edge: boolean;
  readonly secretAccessKey: string;
  readonly internalDomain?: string;
  /** The list's entry for the brokered bucket. */
  readonly brokered?: ServiceHost;
  readonly mail?: string;
}

const DRAIN = 'syslog-tls://logs.example.gov:6514';
const BROKERED = '$EGRESS_HOST_BROKERED_BUCKET:443@10.97.0.0/24';

/** One of everything, with only the deployer's roles. */
const everything =
  ({ allow, edge, secretAccessKey, internalDomain = 'apps.internal', brokered, mail = 'smtp.example.org' }: Variant) =>
  (stack: TerraformStack) => {
    const at = { orgName: 'egress-demo', deployers: ['deployer'] };
    const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
    const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
    const proxy = new EgressProxy(stack, 'Proxy', {
      space: outside,
      source: AppSource.image('registry.example/proxy:1'),
      allow: allow.map((text) => Destination.parse(text)),
      drain: DRAIN,
    });
    const forward = new TcpForward(stack, 'Mail', {
      space: outside,
      source: AppSource.image('registry.example/proxy:1'),
      destination: Destination.host(mail, 587),
    });
    const own = { bucket: 'mine', region: 'us-gov-west-1', accessKeyId: 'key', secretAccessKey };
    const bucket = new Service(stack, 'Brokered', {
      space: inside,
      serviceName: 'brokered',
      kind: ServiceKind.managed('s3', 'basic-sandbox'),
    });
    const services = [
      new Service(stack, 'Own', { space: inside, serviceName: 'own', kind: S3.userProvided(own) }),
      bucket,
    ];
    if (brokered !== undefined) {
      proxy.allowDestinations(Destination.fromService(bucket, brokered).within('10.97.0.0/24'));
    }
    const healthCheck = HealthCheck.http('/healthz');
    const pushed = new Application(stack, 'Pushed', {
      space: inside,
      source: AppSource.directory('app'),
      services,
      healthCheck,
    });
    const pulled = new Application(stack, 'Pulled', {
      space: inside,
      source: AppSource.image('registry.example/web:1'),
    });
    if (edge) pushed.useProxy(proxy);
    if (edge) pulled.useForward(forward, { variables: { host: 'SMTP_HOST', port: 'SMTP_PORT' } });
    pushed.connections.allowTo(pulled, Port.tcpRange(8080, 8081));
    new Route(stack, 'Public', { app: pushed, host: 'www', domain: 'apps.localhost' });
    new InternalRoute(stack, 'Internal', { app: pulled, host: 'pulled', domain: internalDomain });
  };

const FIRST: Variant = {
  allow: ['www.example.com:443', '.example.org:80,443'],
  edge: true,
  secretAccessKey: 'one',
  brokered: 'bucket host',
};

describe.each(EITHER_ENGINE)('under %s', (engineName) => {
  const whenAvailable = deploymentTests(engineName, everything(FIRST));
  const policies = async ({ foundation }: Deployment) => {
    const { body } = await foundation.admin.get('/networking/v1/external/policies');
    return (body['policies'] as Json[]).map((policy) => (policy['destination'] as Json)['ports']);
  };

  whenAvailable(
    'an account that is no more than OrgManager makes all of it, and a second plan finds nothing',
    async (deployment) => {
      const shown = await deployment.engine('plan', '-input=false', '-out=first');
      expect(shown).toMatch(/^ *\$EGRESS_HOST_BROKERED_BUCKET:443@10\.97\.0\.0\/24$/m);
      const plan = JSON.parse(await deployment.engine('show', '-json', 'first')) as unknown;
      const { environments } = reviewPlans([{ environment: '', stack: 'test', file: 'first', json: plan }]);
      const rows = environments.flatMap(({ unknown }) => unknown.map(({ what }) => plain(what)));
      const logs = environments.flatMap(({ opens }) => opens.filter(({ way }) => way === 'logs'));
      expect(logs.map(({ who, what }) => [...who, plain(what)].join(' '))).toEqual(
        expect.arrayContaining([expect.stringMatching(/^proxy .*logs\.example\.gov:6514/)]),
      );
      expect(rows).toContain(
        `EGRESS_HOST_BROKERED_BUCKET (known after apply): any name within 10.97.0.0/24 on port 443, as ${BROKERED} says`,
      );
      await deployment.engine('apply', '-input=false', 'first');
      expect(await deployment.plan()).toContain('No changes.');
      expect(deployment.running('proxy').map(({ env }) => env['EGRESS_ALLOW'])).toEqual(
        Array(2).fill(`www.example.com:443\n.example.org:80,443\n${BROKERED}`),
      );
      expect(deployment.running('pushed').map(({ env }) => env['EGRESS_PROXY_URI'])).toEqual([
        'http://proxy.apps.internal:3128',
      ]);
      const drained = await deployment.foundation.admin.get('/v3/service_instances?names=proxy-drain');
      expect(drained.body['resources']).toEqual([expect.objectContaining({ syslog_drain_url: DRAIN })]);
      expect(deployment.running('mail').map(({ env }) => env['EGRESS_FORWARD'])).toEqual(
        Array(2).fill('smtp.example.org:587/tcp'),
      );
      expect(deployment.running('pulled').map(({ env }) => [env['SMTP_HOST'], env['SMTP_PORT']])).toEqual([
        ['mail.apps.internal', '10587'],
      ]);
      expect(await policies(deployment)).toEqual(
        expect.arrayContaining([
          { start: 3128, end: 3128 },
          { start: 10587, end: 10587 },
          { start: 8080, end: 8081 },
        ]),
      );
    },
  );

  whenAvailable(
    'a change of a list or a destination is a line of the plan and replaces nothing',
    async (deployment) => {
      const before = await deployment.foundation.admin.find('/v3/apps?names=proxy');
      deployment.synthesize(
        everything({ ...FIRST, allow: ['www.example.com:443', 'www.example.net:443'], mail: 'smtp.example.net' }),
      );
      const text = await deployment.plan();
      expect(text).toMatch(/^ *- \.example\.org:80,443$/m);
      expect(text).toMatch(/^ *\+ www\.example\.net:443$/m);
      expect(text).toMatch(/"smtp\.example\.org:587\/tcp" -> "smtp\.example\.net:587\/tcp"/);
      expect(text).toContain(' 0 to destroy.');
      await deployment.apply();
      expect(await deployment.foundation.admin.find('/v3/apps?names=proxy')).toBe(before);
      expect(deployment.running('proxy').map(({ env }) => env['EGRESS_ALLOW'])).toEqual(
        Array(2).fill(`www.example.com:443\nwww.example.net:443\n${BROKERED}`),
      );
      expect(await deployment.plan()).toContain('No changes.');
    },
  );

  whenAvailable(
    'an edge taken out closes, a long list arrives whole, and new credentials restart who is bound',
    async (deployment) => {
      const [before] = deployment.running('pushed');
      const many = Array.from({ length: 6000 }, (_, index) => `h${index}.agency.example.gov:443`).sort();
      deployment.synthesize(everything({ allow: many, edge: false, secretAccessKey: 'two' }));
      await deployment.apply();
      expect(await policies(deployment)).toEqual([{ start: 8080, end: 8081 }]);
      for (const { env } of deployment.running('proxy')) {
        expect(`${env['EGRESS_ALLOW']}\n${env['EGRESS_ALLOW_1']}`.split('\n').sort()).toEqual(many);
      }
      const [after] = deployment.running('pushed');
      expect(after?.instanceGuid).not.toBe(before?.instanceGuid);
      expect(after?.env['VCAP_SERVICES']).toContain('"secret_access_key":"two"');
    },
  );

  whenAvailable('put back, the edge opens, and nothing of the longer list stays readable', async (deployment) => {
    deployment.synthesize(everything(FIRST));
    await deployment.apply();
    expect(await policies(deployment)).toHaveLength(3);
    expect(deployment.running('proxy').map(({ env }) => env['EGRESS_ALLOW_1'])).toEqual(['', '']);
    expect(await deployment.plan()).toContain('No changes.');
  });

  whenAvailable(
    'a brokered bucket is listed by what its broker answers, of which nothing but the host is shown',
    async (deployment) => {
      const { admin } = deployment.foundation;
      const key = await admin.find('/v3/service_credential_bindings?names=brokered-egress');
      const { body } = await admin.get(`/v3/service_credential_bindings/${key}/details`);
      const { bucket, endpoint, ...secrets } = body['credentials'] as Record<string, string>;
      for (const { env } of deployment.running('proxy')) {
        expect(env['EGRESS_HOST_BROKERED_BUCKET']).toBe(`${bucket}.${endpoint}`);
        expect(render(env).stdout).toContain(` dstdomain -n ${bucket}.${endpoint}\n`);
        expect(JSON.stringify(env)).not.toContain(secrets['secret_access_key']);
      }
      const state = await deployment.engine('show');
      expect(state).toContain(`${bucket}.${endpoint}`);
      expect(state).not.toContain(secrets['secret_access_key']);
    },
  );

  whenAvailable('fails for a host that the broker does not tell, and leaves the proxy as it is', async (deployment) => {
    const before = deployment.running('proxy').map(({ env }) => env['EGRESS_ALLOW']);
    deployment.synthesize(everything({ ...FIRST, brokered: 'host' }));
    const failure = await deployment.apply().catch(String);
    expect(failure.replaceAll(/\s*[│╷╵]?\s+/g, ' ')).toContain(
      'the credentials of service brokered do not contain the host: ask its broker for host, or list the host by its name',
    );
    expect(deployment.running('proxy').map(({ env }) => env['EGRESS_ALLOW'])).toEqual(before);
  });

  whenAvailable('fails for an internal route in a public domain, before anything is changed', async (deployment) => {
    deployment.synthesize(everything({ ...FIRST, internalDomain: 'apps.localhost' }));
    await expect(deployment.plan()).rejects.toThrow(/apps\.localhost is a public domain/);
  });

  whenAvailable('all of it is destroyed, the roles last', async (deployment) => {
    deployment.synthesize(everything(FIRST));
    await deployment.engine('apply', '-destroy', '-auto-approve', '-input=false');
    const { body } = await deployment.foundation.admin.get('/v3/spaces');
    expect(body['resources']).toEqual([]);
    expect(deployment.foundation.cell.running.size).toBe(0);
    expect(deployment.foundation.failures).toEqual([]);
  });
});
