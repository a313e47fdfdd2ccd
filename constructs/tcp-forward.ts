import { Construct } from 'constructs';
import type { AppSource } from './app-source';
import type { IApplication, NetworkPolicy } from './connections';
import type { Destination } from './values/destination';
import { type ApplicationLookup, ExistingApplication } from './existing-application';
import { FORWARD_HEALTH, HealthCheck } from './values/health-check';
import { OwnedApplication, type OwnedApplicationProps } from './owned-application';
import { checkForwardPort, forwardPortFor, Port } from './values/port';
import { InternalRoute } from './route';
import type { ISpace } from './space';

/** Like the proxy's: the check is frequent, because clients wait until a hanging instance is restarted. */
const HEALTH_CHECK = HealthCheck.http(FORWARD_HEALTH, { interval: 3, timeout: 5 });

/** An application that forwards to one host, owned or only referred to. */
export interface ITcpForward extends IApplication {
  /** The name of its internal route, known at synth. */
  readonly hostName: string;
  /** The port on which it listens. */
  readonly port: Port;
  /** The destination, whose name must be on the certificate. */
  readonly destination: Destination;
}

/** A forwarder to create. */
export interface TcpForwardProps extends OwnedApplicationProps {
  /** A space whose security groups open the destination. */
  readonly space: ISpace;
  /**
   * `AppSource.image(reference, credentials)`: the proxy's image, which can also forward; preferably with its digest.
   */
  readonly source: AppSource;
  /**
   * One host and one port, such as `Destination.host('smtp.example.org', 587)`, with its private range, if it has one.
   */
  readonly destination: Destination;
  /**
   * The port on which it listens.
   *
   * @default - the destination's port if an application can use it, or otherwise 10,000 more or less: 10587 for 587
   */
  readonly port?: Port;
  /**
   * The first label of the internal name.
   *
   * @default - the application's name
   */
  readonly host?: string;
  /**
   * The domain of the internal name, which must exist and be internal.
   *
   * @default apps.internal
   */
  readonly internalDomain?: string;
}

/** An existing forwarder. */
export interface TcpForwardLookup
  extends Omit<ApplicationLookup, 'port'>, Pick<ITcpForward, 'hostName' | 'port' | 'destination'> {}

/**
 * Forwards TCP to one host, on an internal route, for protocols that don't support a proxy, such as mail (SMTP), LDAPS,
 * or a partner's database. Its clients reach that host and port, and nothing else is opened. A network policy decides
 * which applications can connect.
 *
 * The forwarder looks the name up for each connection, and closes a connection to a private address unless the
 * destination names the range. It doesn't inspect the content: TLS is between the client and the host, so a client
 * checks the certificate against the destination's name, not the route's.
 *
 * @see docs/tcp-forward.md
 */
export class TcpForward extends OwnedApplication implements ITcpForward {
  /**
   * An existing forwarder: looked up by name when the plan is made, not at synth, and not at all if you give its id.
   *
   * @throws for an empty name, and for a destination that is not one host with one port
   */
  static fromLookup(scope: Construct, id: string, at: TcpForwardLookup): ITcpForward {
    return new ExistingForward(scope, id, at);
  }

  readonly hostName: string;
  readonly port: Port;
  readonly destination: Destination;

  constructor(scope: Construct, id: string, props: TcpForwardProps) {
    const { space } = props;
    const destination = oneHost(id, props.destination);
    if (props.source.resourceId === 'Default') {
      throw new Error(
        `a pushed folder can't be ${id}, which forwards by the image of the proxy: give AppSource.image(reference)`,
      );
    }
    if (destination.ranges.length === 0 && space.egress?.reachesInternet === false) {
      throw new Error(
        `${space.node.path} can't reach the internet (its egress is ${space.egress.toString()}), so nothing there can reach ` +
          `${destination.name}: put ${id} into a space with Egress.PUBLIC, or name the private range of the destination`,
      );
    }
    const [destinationPort = NaN] = destination.ports;
    const port = props.port ?? forwardPortFor(destinationPort);
    checkForwardPort(port);
    super(scope, id, {
      ...props,
      memory: props.memory ?? '64M',
      instances: props.instances ?? 2,
      healthCheck: HEALTH_CHECK,
      services: [],
      port,
    });
    this.port = port;
    this.destination = destination;
    this.hostName = InternalRoute.ofServer(this, props.host ?? this.appName, props.internalDomain);
  }

  /**
   * Lets an application connect, even one that you don't configure; `useForward` also tells its application where to
   * connect.
   */
  allowFrom(client: IApplication): NetworkPolicy {
    return client.connections.allowTo(this);
  }

  protected environment(): Readonly<Record<string, string>> {
    return { EGRESS_FORWARD: this.destination.toString(), EGRESS_FORWARD_PORT: this.port.toString() };
  }
}

/** The content isn't inspected, so the destination allows anything, and a plan shows that. */
function oneHost(id: string, destination: Destination): Destination {
  if (destination.kind !== 'host' || destination.ports.length !== 1) {
    throw new Error(
      `${id} can't lead to ${destination.toString()}: give one host and one port, as Destination.host('smtp.example.org', 587)`,
    );
  }
  if (destination.end !== undefined) {
    throw new Error(
      `${id} can't lead to ${destination.toString()}: forwarding has no end date, so leave out until('${destination.end}')`,
    );
  }
  return destination.withoutNameCheck();
}

class ExistingForward extends ExistingApplication implements ITcpForward {
  readonly hostName: string;
  readonly port: Port;
  readonly destination: Destination;

  constructor(scope: Construct, id: string, at: TcpForwardLookup) {
    super(scope, id, at);
    this.hostName = at.hostName;
    this.port = at.port;
    this.destination = oneHost(id, at.destination);
  }
}
