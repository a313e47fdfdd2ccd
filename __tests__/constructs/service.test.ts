import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryServicePlan } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-plan';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { TerraformVariable, type TerraformStack } from 'cdktf';
import { Application, AppSource, EgressSpace, S3, Service, ServiceKind } from '../../constructs';
import { knownSpace } from '../support/example';
import { synthStack } from '../support/synth';

const bound = (kind: (stack: TerraformStack) => ServiceKind) =>
  synthStack((stack) => {
    const space = knownSpace(stack);
    const service = new Service(stack, 'Bucket', { space, serviceName: 'bucket', kind: kind(stack) });
    new Application(stack, 'Web', { space, source: AppSource.image('web:1'), services: [service] });
  });

test('a managed service is created from a looked-up plan, and bound by its name', () => {
  const out = bound(() => ServiceKind.managed('s3', 'basic-sandbox'));
  expect(out.data(DataCloudfoundryServicePlan)).toEqual([{ name: 'basic-sandbox', service_offering_name: 's3' }]);
  expect(out.resources(ServiceInstance)).toEqual([
    {
      type: 'managed',
      name: 'bucket',
      space: 'guid',
      service_plan: expect.stringMatching(
        /^\$\{data\.cloudfoundry_service_plan\.Lookup_ServicePlan-[\w-]+\.id\}$/,
      ) as string,
    },
  ]);
  expect(out.resources(App)).toEqual([
    expect.objectContaining({
      service_bindings: [
        {
          service_instance: expect.stringMatching(/^\$\{cloudfoundry_service_instance\.Bucket_\w+\.name\}$/) as string,
        },
      ],
    }),
  ]);
  expect(out.text).not.toContain('SHA256');
});

test('parameters of a managed service are passed as JSON', () => {
  const out = bound(() => ServiceKind.managed('s3', 'basic', { region: 'x' }));
  expect(out.resources(ServiceInstance)).toEqual([
    expect.objectContaining({ parameters: '${jsonencode({"region" = "x"})}' }),
  ]);
});

test("a user's own bucket has the fields of cloud.gov's broker, with secrets only as sensitive variables", () => {
  const out = bound((stack) =>
    S3.userProvided({
      bucket: 'b',
      region: 'us-gov-west-1',
      accessKeyId: new TerraformVariable(stack, 'key', { sensitive: true }).stringValue,
      secretAccessKey: new TerraformVariable(stack, 'secret', { sensitive: true }).stringValue,
    }),
  );
  const json =
    'jsonencode({"bucket" = "b", "region" = "us-gov-west-1", "endpoint" = "s3.us-gov-west-1.amazonaws.com", ' +
    '"access_key_id" = var.key, "secret_access_key" = var.secret})';
  expect(out.resources(ServiceInstance)).toEqual([
    { type: 'user-provided', name: 'bucket', space: 'guid', credentials: `\${${json}}` },
  ]);
  expect(out.resources(App)).toEqual([
    expect.objectContaining({ environment: { SERVICE_CREDENTIALS_SHA256: `\${sha256(${json})}` } }),
  ]);
});

test('an existing service is only named', () => {
  const out = bound(() => ServiceKind.existing());
  expect(out.resources(ServiceInstance)).toEqual([]);
  expect(out.resources(App)).toEqual([expect.objectContaining({ service_bindings: [{ service_instance: 'bucket' }] })]);
});

test('the credentials of several services become one hash', () => {
  const out = synthStack((stack) => {
    const space = knownSpace(stack);
    const services = ['one', 'two'].map(
      (serviceName) =>
        new Service(stack, serviceName, { space, serviceName, kind: ServiceKind.userProvided({ serviceName }) }),
    );
    new Application(stack, 'Web', { space, source: AppSource.image('web:1'), services });
  });
  const [app] = out.resources(App);
  expect(app?.environment).toEqual({ SERVICE_CREDENTIALS_SHA256: expect.stringMatching(/one.*two/) as string });
});

test('fails for an existing service in a space that this code creates', () => {
  expect(() =>
    synthStack((stack) => {
      const space = new EgressSpace(stack, 'Space', { orgName: 'o', spaceName: 's' });
      new Service(stack, 'Bucket', { space, serviceName: 'bucket', kind: ServiceKind.existing() });
    }),
  ).toThrow(
    "service 'bucket' can't exist already in test/Space, which this code creates: use a space from EgressSpace.fromLookup",
  );
});

test.each(['', 'a,b', 'a b'])("fails for a service named '%s', which the provider can't look up", (serviceName) => {
  expect(() =>
    synthStack(
      (stack) => new Service(stack, 'Bucket', { space: knownSpace(stack), serviceName, kind: ServiceKind.existing() }),
    ),
  ).toThrow(`'${serviceName}' can't be looked up as a service`);
});

test("a bucket's host serves that bucket only", () => {
  expect(S3.host('mine', 'us-gov-west-1')).toBe('mine.s3.us-gov-west-1.amazonaws.com');
});
