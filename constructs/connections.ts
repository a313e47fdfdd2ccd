import { NetworkPolicy as CfNetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { TerraformStack } from 'cdktf';
import { Construct, type IConstruct } from 'constructs';
import { checkAtSynth } from './private/checks-at-synth';
import type { Port } from './values/port';
import type { ISpace } from './space';

/** An application, owned or only referred to. */
export interface IApplication extends IConstruct {
  readonly appId: string;
  readonly space: ISpace;
  readonly connections: Connections;
}

/** What an application may connect to. */
export class Connections {
  private readonly policies = new Map<IApplication, Map<string, NetworkPolicy>>();

  constructor(
    private readonly client: Construct & IApplication,
    /** Where the application itself listens for its peers, if it has one such port. */
    readonly defaultPort?: Port,
  ) {}

  /**
   * Opens one port of the peer to this application. Asked twice, the same policy answers.
   *
   * @param port defaults to the peer's own port; a peer without one needs it
   */
  allowTo(peer: IApplication, port: Port | undefined = peer.connections.defaultPort): NetworkPolicy {
    if (port === undefined) {
      throw new Error(
        `${peer.node.path} does not declare a port, so a policy to it needs one: ` +
          'call allowTo(peer, Port.tcp(8080)) with the port that its container listens on',
      );
    }
    const toPeer = this.policies.get(peer) ?? new Map<string, NetworkPolicy>();
    this.policies.set(peer, toPeer);
    const policy =
      toPeer.get(port.toString()) ??
      new NetworkPolicy(this.client, idOf(this.client, peer, port), { source: this.client, destination: peer, port });
    toPeer.set(port.toString(), policy);
    return policy;
  }
}

export interface NetworkPolicyProps {
  readonly source: IApplication;
  readonly destination: IApplication;
  readonly port: Port;
}

/**
 * One edge: the source's instances may connect to one port of the destination's.
 *
 * Between applications everything is refused until a policy allows it, also within one space. A policy names both
 * applications, so it comes after the client has started: whoever needs the network at start must try again. It takes
 * effect without a restart and dies with either application. It lives with the client, so that a proxy never needs to
 * know the stacks of its clients.
 *
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export class NetworkPolicy extends Construct {
  readonly source: IApplication;
  readonly destination: IApplication;
  readonly port: Port;

  constructor(scope: Construct, id: string, { source, destination, port }: NetworkPolicyProps) {
    super(scope, id);
    checkAtSynth(this);
    this.source = source;
    this.destination = destination;
    this.port = port;
    // One policy per resource: the provider reads a list of them in the server's order and would plan it back for ever.
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

/** Of an edge that lives with its client: no two edges of one client have the same. */
function idOf(source: IConstruct, destination: IConstruct, { first, last }: Port): string {
  // An application's name may end like a port: `Web-8080`. None has this between two of them.
  return `To-${pathFrom(source, destination)}-${first === last ? first : `${first}..${last}`}`;
}

/** The destination's path: without the stack where it is the source's own, and with it set apart where it is another. */
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
