import { TerraformVariable, type TerraformStack } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  S3,
  Service,
} from '../../../constructs';

/** A proxy that requires credentials, and a client with its own bucket: all the secrets that constructs can have. */
export function credentials(stack: TerraformStack, withSeed: boolean): void {
  const [seed, key] = ['seed', 'key'].map(
    (name) => new TerraformVariable(stack, name, { sensitive: true }).stringValue,
  );
  const space = new EgressSpace(stack, 'Public', {
    orgName: 'egress-demo',
    spaceName: 'public',
    egress: Egress.PUBLIC,
    deployers: ['deployer'],
  });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space,
    source: AppSource.image('registry.example/egress-proxy:1'),
    seed: withSeed ? seed : undefined,
    allow: [Destination.parse('www.example.com:443')],
  });
  const bucket = { bucket: 'b', region: 'us-gov-west-1', accessKeyId: 'id', secretAccessKey: key ?? '' };
  const web = new Application(stack, 'Web', {
    space,
    name: 'web',
    source: AppSource.image('registry.example/web:1'),
    services: withSeed
      ? [new Service(stack, 'S3', { space, serviceName: 'bucket', kind: S3.userProvided(bucket) })]
      : [],
  });
  web.useProxy(proxy, withSeed ? { allow: [Destination.parse('api.example.gov:443')] } : {});
}
