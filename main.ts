import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';
import { type Config, readConfig, stateOf, urlOf } from './config';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, HealthCheck } from './constructs';
import { Route, S3, Service } from './constructs';
import { ProxyImage } from './constructs/proxy-image';
import { demoBucket, demoProbes } from './demo';
import { synthesize } from './synthesize';

/** An application in a closed network, a proxy beside it, and the one connection between them. */
export class EgressDemo extends TerraformStack {
  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const { org: orgName, deployers, bucket, region, registry } = config;
    const secret = (name: string) => new TerraformVariable(this, name, { type: 'string', sensitive: true }).stringValue;
    const username = config.registryUser;
    const credentials = username === undefined ? undefined : { username, password: secret('registry_password') };

    stateOf(this, config);
    new CloudfoundryProvider(this, 'cloudfoundry');
    new DockerProvider(this, 'docker', { registryAuth: [ProxyImage.registryAuth(registry, credentials)] });

    const outside = { orgName, spaceName: config.publicSpace, egress: Egress.PUBLIC, deployers };
    const proxy = new EgressProxy(this, 'EgressProxy', {
      space: new EgressSpace(this, 'Public', outside),
      source: AppSource.image(
        config.proxyImage === undefined
          ? new ProxyImage(this, 'ProxyImage', { repository: `${registry}/egress-proxy` }).reference
          : ProxyImage.published(this, 'ProxyImage', config.proxyImage),
        credentials,
      ),
      internalDomain: config.internalDomain,
      allow: [
        Destination.host('www.example.com', 80, 443),
        Destination.domain('example.org', 80, 443),
        Destination.host(S3.host(bucket, region)),
      ],
    });

    const restricted = { orgName, spaceName: config.restrictedSpace, egress: Egress.TRUSTED_LOCAL, deployers };
    const { serviceName, kind, target } = demoBucket(config.s3, () => ({
      bucket,
      region,
      accessKeyId: secret('s3_access_key_id'),
      secretAccessKey: secret('s3_secret_access_key'),
    }));
    const space =
      target === undefined
        ? EgressSpace.fromLookup(this, 'Restricted', restricted)
        : new EgressSpace(this, 'Restricted', restricted);
    const demo = new Application(this, 'Demo', {
      space,
      name: 'egress-demo',
      source: AppSource.directory('app', { buildpacks: ['nodejs_buildpack'] }),
      healthCheck: HealthCheck.http('/healthz'),
      services: [new Service(this, 'S3', { space, serviceName, kind })],
      environment: {
        EGRESS_POSTURE: String(space.egress),
        EGRESS_PROBES: JSON.stringify(demoProbes(space.egress, target, config.foundation !== undefined)),
        EGRESS_S3_SERVICE: serviceName,
      },
    });
    demo.useProxy(proxy);
    const route = new Route(this, 'Route', { app: demo, host: 'egress-demo', domain: config.appsDomain });

    new TerraformOutput(this, 'app_url', { value: urlOf(route.hostName, config) });
    new TerraformOutput(this, 'proxy_address', { value: proxy.proxyUri });
    new TerraformOutput(this, 'allowlist', { value: proxy.allowed });
  }
}

if (require.main === module) {
  synthesize((app) => new EgressDemo(app, 'egress-demo', readConfig()));
}
