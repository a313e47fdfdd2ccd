import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-credential-binding';
import { DataCloudfoundryServiceInstance } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-instance';
import { ServiceCredentialBinding } from '@cdktf/provider-cloudfoundry/lib/service-credential-binding';
import { type TerraformStack, TerraformVariable } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  EgressProxy,
  EgressSpace,
  S3,
  Service,
  ServiceKind,
} from '../../../constructs';
import type { EgressProxyProps } from '../../../constructs';
import { newStack, synth, synthStack } from '../../support/synth';

const spaceOf = (stack: TerraformStack, name = 'Space') =>
  EgressSpace.fromLookup(stack, name, { orgName: 'o', spaceName: name, spaceId: `${name}-guid` });
const serviceOf = (
  stack: TerraformStack,
  kind: ServiceKind = ServiceKind.managed('s3', 'basic'),
  serviceName = 'files',
) => new Service(stack, `Service-${serviceName}`, { space: spaceOf(stack, `Of-${serviceName}`), serviceName, kind });
const proxyOf = (stack: TerraformStack, props: Partial<EgressProxyProps> = {}) =>
  new EgressProxy(stack, 'Proxy', { space: spaceOf(stack), source: AppSource.image('proxy:1'), ...props });
const LISTED = '$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24';
const HOST =
  /^\$\{nonsensitive\(join\("\.", \[(jsondecode\(data\.cloudfoundry_service_credential_binding\.[\w-]+\.credential_bindings\[0\]\.credential_binding\))\.credentials\.bucket, \1\.credentials\.endpoint\]\)\)\}$/;

test("a service's host is a line with its variable, comes from a separate key, and is the only value unmarked as sensitive", () => {
  const out = synthStack((stack) => {
    const files = Destination.fromService(serviceOf(stack), 'bucket host').within('10.98.0.0/24');
    const proxy = proxyOf(stack, { allow: [files, Destination.host('api.example.gov')] });
    expect(proxy.allowed).toEqual(['api.example.gov:443', LISTED]);
  });
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      environment: {
        EGRESS_ALLOW: `api.example.gov:443\n${LISTED}`,
        EGRESS_ALLOW_1: '',
        EGRESS_CREDENTIALS: '',
        EGRESS_CLIENTS: '',
        EGRESS_HOST_FILES_BUCKET: expect.stringMatching(HOST) as string,
      },
    }),
  ]);
  expect(out.resources(ServiceCredentialBinding)).toEqual([
    {
      type: 'key',
      name: 'files-egress',
      service_instance: expect.stringMatching(/^\$\{cloudfoundry_service_instance\.[\w-]+\.id\}$/) as string,
    },
  ]);
  expect(out.data(DataCloudfoundryServiceCredentialBinding)).toEqual([
    expect.objectContaining({
      name: expect.stringMatching(/^\$\{cloudfoundry_service_credential_binding\.[\w-]+\.name\}$/) as string,
      lifecycle: {
        postcondition: [
          {
            condition: expect.stringMatching(/^\$\{can\(regex\(.+self\.credential_bindings\[0\]/) as string,
            error_message:
              'the credentials of service files do not contain the bucket host: ask its broker for bucket and endpoint, ' +
              'or list the host by its name',
          },
        ],
      },
    }),
  ]);
});

test('a host of a service may have an end, whatever else is said of it before and after', () => {
  synthStack((stack) => {
    const files = Destination.fromService(serviceOf(stack), 'bucket host').until('2026-12-31').within('10.98.0.0/24');
    const proxy = proxyOf(stack, { allow: [files.withoutNameCheck()] });
    expect(proxy.allowed).toEqual(['$EGRESS_HOST_FILES_BUCKET:443/tcp@10.98.0.0/24 until 2026-12-31']);
    expect(() => files.until('2026-02-30')).toThrow("'2026-02-30' is not a day of the calendar");
  });
});

test('hosts of one service, for all and for a client, share its key', () => {
  const out = synthStack((stack) => {
    const service = serviceOf(stack);
    const hosts = (['bucket host', 'FIPS bucket host'] as const).map((what) =>
      Destination.fromService(service, what, 443, 8443).within('10.98.0.0/24'),
    );
    const proxy = proxyOf(stack, { allow: hosts, seed: new TerraformVariable(stack, 'seed', {}).stringValue });
    const web = new Application(stack, 'Web', { space: spaceOf(stack, 'Web-space'), source: AppSource.image('web:1') });
    web.useProxy(proxy, {
      allow: [Destination.fromService(service, 'host', 5432).within('10.1.0.0/16').withoutNameCheck()],
    });
  });
  expect(out.resources(ServiceCredentialBinding)).toHaveLength(1);
  const [proxy] = out.resources(App).filter(({ name }) => name === 'proxy');
  expect(proxy?.environment).toMatchObject({
    EGRESS_ALLOW: [
      '$EGRESS_HOST_FILES_BUCKET:443,8443@10.98.0.0/24',
      '$EGRESS_HOST_FILES_FIPS_BUCKET:443,8443@10.98.0.0/24',
    ].join('\n'),
    EGRESS_CLIENTS: 'web $EGRESS_HOST_FILES_HOST:5432/tcp@10.1.0.0/16',
    EGRESS_HOST_FILES_HOST: expect.stringContaining('.credentials.host') as string,
  });
});

test('an existing service is looked up by name, and only if its host is needed', () => {
  const out = (asked: boolean) =>
    synthStack((stack) => {
      const service = serviceOf(stack, ServiceKind.existing());
      if (asked) proxyOf(stack, { allow: [Destination.fromService(service, 'host').within('10.98.0.0/24')] });
    });
  expect(out(true).data(DataCloudfoundryServiceInstance)).toEqual([{ name: 'files', space: 'Of-files-guid' }]);
  expect(out(false).data(DataCloudfoundryServiceInstance)).toEqual([]);
});

test.each<[string, (stack: TerraformStack) => unknown, string]>([
  [
    'without a range',
    (stack) => proxyOf(stack, { allow: [Destination.fromService(serviceOf(stack), 'bucket host')] }),
    "'$EGRESS_HOST_FILES_BUCKET:443' has no range, and test/Service-files could name any host: give the range of its addresses",
  ],
  [
    'in a range that is not private',
    (stack) => Destination.fromService(serviceOf(stack), 'bucket host').within('203.0.113.0/24'),
    "'203.0.113.0/24' is not within the private ranges",
  ],
  [
    'of credentials that the program gives',
    (stack) =>
      Destination.fromService(
        serviceOf(stack, S3.userProvided({ bucket: 'b', region: 'r', accessKeyId: '', secretAccessKey: '' })),
        'bucket host',
      ),
    "service 'files' has credentials that you give, so its bucket host is known: name it with Destination.host",
  ],
  [
    'of two services that would have one variable',
    (stack) => {
      const services = ['my-files', 'my.files'].map((name) =>
        serviceOf(stack, ServiceKind.managed('s3', 'basic'), name),
      );
      proxyOf(stack, {
        allow: services.map((one, index) => Destination.fromService(one, 'host').within(`10.${index}.0.0/16`)),
      });
    },
    'test/Service-my.files and test/Service-my-files would both be EGRESS_HOST_MY_FILES_HOST of test/Proxy',
  ],
])('a service’s host %s is refused', (_, build, message) => {
  expect(() => synthStack((stack) => void build(stack))).toThrow(message);
});

test("another stack's service is refused, because the broker's answer would be in both states", () => {
  expect(() =>
    synth((app) => {
      const files = Destination.fromService(serviceOf(newStack(app, 'theirs')), 'host').within('10.98.0.0/24');
      proxyOf(newStack(app, 'ours'), { allow: [files] });
    }),
  ).toThrow('theirs/Service-files is of another stack than ours/Proxy');
});
