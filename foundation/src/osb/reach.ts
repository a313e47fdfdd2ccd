/**
 * What the foundation connects to because somebody has said so. Whoever registers a broker chooses its URL, and the
 * foundation's container reaches what no application does: every port of every instance, the host, its own. So it is
 * sent to routes, by the router, and to addresses that are public, and nowhere else.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { isWithin } from '../domain-name';

export interface Target {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

export interface Spot {
  /** Whether TLS is spoken there. */
  readonly secure: boolean;
  readonly address: string;
  readonly port: number;
}

export interface ReachOptions {
  /** Domains whose names are routes of the router. */
  readonly routeDomains: () => readonly string[];
  /** Where the router listens, on this machine's loopback. */
  readonly routerPort: number;
  /** Names that mean something inside alone: those of the simulated internet. */
  readonly isSimulated: (name: string) => boolean;
  readonly lookup?: (name: string) => Promise<readonly string[]>;
}

/** Why nothing is connected to; the text is for whoever has chosen the URL. */
export class OutOfReach extends Error {
  public override readonly name = 'OutOfReach';
}

/** IPv4 that leads to nobody's public machine. The networks of every foundation lie in these ranges. */
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

/** There is no IPv6 in a foundation. */
const resolve = async (name: string): Promise<readonly string[]> =>
  (await systemLookup(name, { all: true, family: 4 })).map(({ address }) => address);

export class Reach {
  public constructor(private readonly options: ReachOptions) {}

  /** The address to connect to; a name is looked up once, so that it can't mean another one a moment later. */
  public async locate({ secure, host, port }: Target): Promise<Spot> {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (this.options.routeDomains().some((domain) => isWithin(name, domain))) {
      return this.route(name, port, secure);
    }
    if (this.options.isSimulated(name)) {
      throw new OutOfReach(`${name} is a name of the simulated internet, where no broker runs; ${ADVICE}`);
    }
    const addresses = isIP(name.replace(/^\[|\]$/g, '')) === 0 ? await this.lookup(name) : [name];
    const address = addresses.find(isPublic);
    if (address === undefined || !addresses.every(isPublic)) {
      throw new OutOfReach(`${addresses.join(', ') || name} is no public address; ${ADVICE}`);
    }
    return { secure, address, port };
  }

  /** The platform's load balancer ends TLS before the router; here nothing is in front of it. */
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
