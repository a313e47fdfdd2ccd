import { NetworkPolicy as CfNetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { TerraformStack } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import { checkAtSynth } from './egress-checks';
import { claim } from './private/names';
import { isToken } from './private/tokens';
import type { Port } from './values/port';
import type { ISpace } from './space';

/** An application, owned or only referred to. */
export interface IApplication extends IConstruct {
  /** The id on the platform, known after the application is created. */
  readonly appId: string;
  /** The space that it is in. */
  readonly space: ISpace;
  /** What it can connect to. */
  readonly connections: Connections;
}

/** The applications to which an application can connect. */
export class Connections {
  constructor(
    private readonly client: Construct & IApplication,
    /** The port on which the application itself listens, if it has one for all peers. */
    readonly defaultPort?: Port,
  ) {}

  /**
   * Opens one port of the peer to this application. A second call for the same port returns the same policy.
   *
   * @param port defaults to the peer's own port; required for a peer without one
   */
  allowTo(peer: IApplication, port: Port | undefined = peer.connections.defaultPort): NetworkPolicy {
    if (port === undefined) {
      throw new Error(
        `${peer.node.path} does not declare a port, so a policy to it needs one: ` +
          'call allowTo(peer, Port.tcp(8080)) with the port that its container listens on',
      );
    }
    const id = idOf(this.client, peer, port);
    const known = this.client.node.tryFindChild(id) as NetworkPolicy | undefined;
    return known ?? new NetworkPolicy(this.client, id, { source: this.client, destination: peer, port });
  }
}

/** One edge between two applications. */
export interface NetworkPolicyProps {
  /** The application that connects. */
  readonly source: IApplication;
  /** The application that listens, on the same foundation. */
  readonly destination: IApplication;
  /** The port, or range of ports, on which the destination's container listens. */
  readonly port: Port;
}

/**
 * One edge: the source's instances can connect to one port of the destination's instances.
 *
 * The platform refuses every connection between applications until a policy allows it, even within one space. A policy
 * names both applications, so it is created after the client has started: a client that needs the network at start must
 * retry. A policy takes effect without a restart and ends with either application. It belongs to the client's stack, so
 * a proxy never needs to know the stacks of its clients.
 *
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export class NetworkPolicy extends Construct {
  /** The application that connects. */
  readonly source: IApplication;
  /** The application that listens. */
  readonly destination: IApplication;
  /** The port that is open. */
  readonly port: Port;

  constructor(scope: Construct, id: string, { source, destination, port }: NetworkPolicyProps) {
    super(scope, id);
    checkAtSynth(this);
    const [from, to] = [source, destination].map(foundationOf);
    if (from !== undefined && to !== undefined && from !== to) {
      throw new Error(
        `${source.node.path} is on ${from} and ${destination.node.path} on ${to}: a network policy connects ` +
          'applications of one foundation, so use one that the same provider makes',
      );
    }
    const other = claim(this, source, 'policy', `${destination.node.path} ${port.toString()}`);
    if (other !== undefined) {
      throw new Error(
        `${this.node.path} and ${other.node.path} open the same port, and removing one would close it for both: use the ` +
          'first one, or connections.allowTo, which returns the one that it has made',
      );
    }
    this.source = source;
    this.destination = destination;
    this.port = port;
    // One policy per resource: the provider reads a list of them in the server's order and would plan it back forever.
    new CfNetworkPolicy(this, 'Resource', {
      provider: source.space.provider,
      policies: [
        {
          sourceApp: source.appId,
          destinationApp: destination.appId,
          protocol: port.protocol,
          port: port.toString(),
        },
      ],
    });
  }
}

/** The address of an application's foundation, if its provider says it. */
function foundationOf({ space }: IApplication): string | undefined {
  const apiUrl = (space.provider as { readonly apiUrl?: string } | undefined)?.apiUrl;
  return apiUrl === undefined || isToken(apiUrl) ? undefined : apiUrl;
}

/** The id of an edge in its client, unique among the client's edges. */
function idOf(source: IConstruct, destination: IConstruct, { first, last }: Port): string {
  // An application's name can end like a port: `Web-8080`. No name has two dots between two ports.
  return `To-${pathFrom(source, destination)}-${first === last ? first : `${first}..${last}`}`;
}

/** The destination's path: without the stack if both are in the same one, and otherwise with the stack set apart. */
function pathFrom(source: IConstruct, destination: IConstruct): string {
  const { scopes } = destination.node;
  const stack = scopes.indexOf(TerraformStack.of(destination)) + 1;
  const joined = (some: readonly IConstruct[]): string =>
    some
      .map((scope) => scope.node.id)
      .filter((part) => part !== '')
      .join(':');
  const below = joined(scopes.slice(stack));
  const own = TerraformStack.of(source) === TerraformStack.of(destination);
  return own ? below : `${joined(scopes.slice(0, stack))}::${below}`;
}
