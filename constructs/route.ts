import { Route as CfRoute } from '@cdktf/provider-cloudfoundry/lib/route';
import type { TerraformResourceLifecycle } from 'cdktf';
import { Construct } from 'constructs';
import { checkAtSynth } from './private/checks-at-synth';
import type { IApplication } from './connections';
import { checkLabel } from './values/host-name';
import { domain } from './private/lookups';
import { readyOf } from './private/internals';
import { after } from './private/order';
import { isToken } from './private/tokens';

export interface RouteProps {
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
    if (!isToken(host)) checkLabel(host);
    this.hostName = `${host}.${props.domain}`;
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
  /** The same resource, to order others after it. */
  get ready(): readonly CfRoute[] {
    return [this.resource];
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
