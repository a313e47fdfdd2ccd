import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { isAddress, parseCidr, toAddress, type AddressRange } from '../ipv4';

/** Ports and addresses that the machine uses, and a foundation must avoid. */

const LOOKUP_LIMIT = 2000;
/** Registries that builds download from; behind a company's proxy they often share one private address. */
const REGISTRY_HOSTS = ['deb.debian.org', 'registry.npmjs.org', 'proxy.golang.org', 'registry-1.docker.io'];

async function readText(path: string): Promise<string> {
  // The file exists only on Linux, and is needed only there.
  return readFile(path, 'utf8').catch(() => '');
}

/** The networks in `/proc/net/route`, which has them in hex, last byte first. Excludes the default route. */
export function parseRoutes(text: string): AddressRange[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.trim().split(/\s+/);
      if (!destination || !mask) return [];
      const bits = swapped(mask).toString(2).replace(/0*$/, '').length;
      return bits === 0 ? [] : [parseCidr(`${toAddress(swapped(destination))}/${bits}`)];
    });
}

function swapped(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE();
}

export function parseResolvers(text: string): AddressRange[] {
  return [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
    .map((match) => match[1] ?? '')
    .filter(isAddress)
    .map(parseCidr);
}

async function addressesOf(host: string): Promise<AddressRange[]> {
  const found = lookup(host, { all: true, family: 4 }).catch(() => []);
  const addresses = await Promise.race([found, wait(LOOKUP_LIMIT, [], { ref: false })]);
  return addresses.map(({ address }) => parseCidr(address));
}

/** All address ranges that the machine uses: its networks, routes, resolvers, and registries. */
export async function hostRanges(others: readonly string[]): Promise<AddressRange[]> {
  const hosts = others.map((url) => new URL(url).hostname);
  const [routes, resolvers, registries] = await Promise.all([
    readText('/proc/net/route'),
    readText('/etc/resolv.conf'),
    Promise.all([...REGISTRY_HOSTS, ...hosts].map(addressesOf)),
  ]);
  const interfaces = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [parseCidr(cidr)] : []));
  return [...interfaces, ...parseRoutes(routes), ...parseResolvers(resolvers), ...registries.flat()];
}

/** True if nothing listens on the port, on loopback or on all addresses. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
