/**
 * Decides where the foundation connects to on a user's behalf. Users choose the URLs of brokers, and the foundation's
 * container can reach what no application can: every port of every instance, the host's, and its own. So it connects
 * only to routes, through the router, and to public addresses.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { isWithin } from '../domain-name';

export interface Target {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

interface Spot {
  /** Whether to use TLS. */
  readonly secure: boolean;
  readonly address: string;
  readonly port: number;
}

interface ReachOptions {
  /** Domains that the router serves. */
  readonly routeDomains: () => readonly string[];
  /** The router's port on this machine's loopback. */
  readonly routerPort: number;
  /** Whether a name belongs to the simulated internet. */
  readonly isSimulated: (name: string) => boolean;
  readonly lookup?: (name: string) => Promise<readonly string[]>;
}

/** Refuses a connection; the message is for the user who chose the URL. */
export class OutOfReach extends Error {
  public override readonly name = 'OutOfReach';
}

/** IPv4 ranges that are not public, including the networks of every foundation. */
const PRIVATE = new BlockList();
for (const cidr of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]) {
  const [network = '', length] = cidr.split('/');
  PRIVATE.addSubnet(network, Number(length), 'ipv4');
}

const isPublic = (address: string): boolean => isIP(address) === 4 && !PRIVATE.check(address, 'ipv4');

const HTTP = 80;
const HTTPS = 443;
const ADVICE = 'register a route of an application, or a host on the internet';

/** IPv4 only, since a foundation has no IPv6. */
const resolve = async (name: string): Promise<readonly string[]> =>
  (await systemLookup(name, { all: true, family: 4 })).map(({ address }) => address);

export class Reach {
  public constructor(private readonly options: ReachOptions) {}

  /** The address to connect to. A name is resolved once, so its address can't change after the check. */
  public async locate({ secure, host, port }: Target): Promise<Spot> {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (this.options.routeDomains().some((domain) => isWithin(name, domain))) return this.route(name, port, secure);
    if (this.options.isSimulated(name)) {
      throw new OutOfReach(`${name} is a name of the simulated internet, where no broker runs; ${ADVICE}`);
    }
    const addresses = isIP(name.replace(/^\[|\]$/g, '')) === 0 ? await this.lookup(name) : [name];
    const address = addresses.find(isPublic);
    if (address === undefined || !addresses.every(isPublic)) {
      throw new OutOfReach(`${addresses.join(', ') || name} is not a public address; ${ADVICE}`);
    }
    return { secure, address, port };
  }

  /** The platform's load balancer terminates TLS in front of the router; here there is none. */
  private route(name: string, port: number, secure: boolean): Spot {
    const { routerPort } = this.options;
    if (![secure ? HTTPS : HTTP, routerPort].includes(port)) {
      throw new OutOfReach(`the router of this foundation has no such port; register http://${name}`);
    }
    return { secure: false, address: '127.0.0.1', port: routerPort };
  }

  private lookup(name: string): Promise<readonly string[]> {
    return (this.options.lookup ?? resolve)(name);
  }
}
