import { Route as CfRoute } from '@cdktf/provider-cloudfoundry/lib/route';
import { type TerraformResourceLifecycle, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { checkAtSynth } from './egress-checks';
import type { IApplication } from './connections';
import { claim } from './private/names';
import { checkLabel, hostName } from './values/host-name';
import { domain } from './private/lookups';
import { readyOf, setReady, after } from './private/internals';
import { checkKnown, isToken } from './private/tokens';

/** A name that leads to an application. */
export interface RouteProps {
  /** The application that answers. */
  readonly app: IApplication;
  /** The first label of the name, unique in its domain. */
  readonly host: string;
  /** An existing domain that the organization can use. */
  readonly domain: string;
}

/**
 * A public name of an application, which the platform's router serves.
 *
 * The destination is part of the route, and the application doesn't list its routes: otherwise, the application's next
 * update would unmap the route, or a changed name would replace the application.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/routes-domains.html
 */
export class Route extends Construct {
  /** `HOST.DOMAIN` */
  readonly hostName: string;
  protected readonly resource: CfRoute;

  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    checkAtSynth(this);
    const { app, host } = props;
    const { path } = this.node;
    if (!isToken(host)) checkLabel(host, `${path}: host `);
    if (!isToken(props.domain)) hostName(props.domain);
    this.hostName = `${host}.${props.domain}`;
    const other = claim(this, app.space.provider ?? TerraformStack.of(this), 'route', this.hostName);
    if (other !== undefined) {
      throw new Error(
        `${path} and ${other.node.path} are both the route ${this.hostName}, which can be created only once: give one of them another host`,
      );
    }
    this.resource = new CfRoute(this, 'Resource', {
      domain: domain(this, props.domain, app.space.provider).id,
      space: app.space.spaceId,
      host,
      destinations: [{ appId: app.appId }],
      dependsOn: after(this, readyOf(app.space)),
      provider: app.space.provider,
      lifecycle: this.lifecycle?.(props),
    });
  }

  protected lifecycle?(props: RouteProps): TerraformResourceLifecycle;
}

/**
 * A name that only the platform's resolver knows. It resolves directly to the containers, so clients connect to the
 * port on which they listen. Any application can resolve it, and a network policy decides who can connect. The router
 * never serves it.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/routes-domains.html#internal-routes
 */
export class InternalRoute extends Route {
  /** @internal The name of a proxy or forwarder, which its clients know at synth, and after which they are created. */
  static ofServer(app: Construct & IApplication, host: string, domain = 'apps.internal'): string {
    const why = "it is part of the proxy's address, which its clients know at synth";
    checkKnown(app, `host of ${app.node.path}`, host, why);
    checkKnown(app, `internalDomain of ${app.node.path}`, domain, why);
    const { hostName, resource } = new InternalRoute(app, 'Route', { app, host, domain });
    setReady(app, [resource]);
    return hostName;
  }

  /** A public domain, given by mistake, would put the application on the internet. */
  protected override lifecycle(props: RouteProps): TerraformResourceLifecycle {
    return {
      precondition: [
        {
          condition: domain(this, props.domain, props.app.space.provider).internal,
          errorMessage: `${props.domain} is a public domain, and ${this.hostName} must not be public: name an internal domain, as apps.internal`,
        },
      ],
    };
  }
}
