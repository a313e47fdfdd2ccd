import { readdir, readFile, readlink } from 'node:fs/promises';
import type Docker from 'dockerode';

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
