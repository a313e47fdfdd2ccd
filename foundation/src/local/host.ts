import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type AddressRange, isAddress, parseCidr, toAddress } from '../ipv4';

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

const LISTENING = '0A';

/** Inodes of the sockets that listen on a port, from the content of `/proc/net/tcp`. */
export function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === LISTENING)
    .flatMap((fields) => fields[9] ?? []);
}

async function processWithSocket(inodes: readonly string[]): Promise<string | undefined> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    // Other users' processes, and those that have just ended, can't be read.
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
    if (links.some((link) => wanted.has(link))) {
      const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return `process ${pid} (${command.trim()})`;
    }
  }
  return undefined;
}

/** Describes what uses a port, as far as that can be found out. */
export async function portOwner(docker: Docker, port: number): Promise<string> {
  const containers = await docker.listContainers();
  const container = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
  if (container) return `container ${container.Names[0]?.slice(1) ?? container.Id}`;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  return (inodes.length > 0 ? await processWithSocket(inodes) : undefined) ?? 'another process';
}
