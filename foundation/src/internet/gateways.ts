import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Subnet } from '../settings';
import { locate, REGION, S3_DOORS, type S3Door } from './names';
import type { S3Account } from './signature';

export interface GatewayOptions {
  readonly internet: Subnet;
  /** Keeps buckets and accounts. */
  readonly dataDir: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly root: S3Account;
  /** A gateway has ended: the container is of no use any more. */
  readonly onExit: (reason: string) => void;
}

const HTTPS = 443;
const START_LIMIT = 15_000;
const POLL = 25;

/**
 * The command line of one door. All of them serve the same folder and the same accounts; they are processes of their
 * own because one gateway knows one domain that buckets are labels of.
 */
export function gatewayArguments(door: S3Door, options: Omit<GatewayOptions, 'root' | 'onExit'>): string[] {
  const { dataDir } = options;
  return [
    ['--region', REGION],
    ['--port', `${locate(door.place, options.internet)}:${HTTPS}`],
    ['--cert', options.certificatePath],
    ['--key', options.keyPath],
    ['--virtual-domain', door.domain],
    ['--iam-dir', join(dataDir, 'accounts')],
    // An account that one gateway has made must be known to the others at once.
    ['--iam-cache-disable'],
    ['--keep-alive'],
    ['--quiet'],
    ['posix'],
    // Not every file system under a volume has extended attributes.
    ['--sidecar', join(dataDir, 'metadata')],
    [join(dataDir, 'buckets')],
  ].flat();
}

/** Starts the S3 server at all its doors; resolves when each takes connections. */
export async function startGateways(options: GatewayOptions): Promise<readonly ChildProcess[]> {
  await Promise.all(
    ['accounts', 'metadata', 'buckets'].map((folder) => mkdir(join(options.dataDir, folder), { recursive: true })),
  );
  const env = {
    PATH: process.env.PATH,
    ROOT_ACCESS_KEY_ID: options.root.accessKeyId,
    ROOT_SECRET_ACCESS_KEY: options.root.secretAccessKey,
  };
  const doors: readonly S3Door[] = Object.values(S3_DOORS);
  const children = doors.map((door) => {
    const child = spawn('versitygw', gatewayArguments(door, options), { env, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', (error) => {
      options.onExit(`s3 gateway of ${door.domain} did not start: ${error.message}`);
    });
    child.once('exit', (code, signal) => {
      options.onExit(`s3 gateway of ${door.domain} ended with ${signal ?? `status ${code ?? '?'}`}`);
    });
    return child;
  });
  await Promise.all(doors.map((door) => connectable(locate(door.place, options.internet))));
  return children;
}

async function connectable(address: string): Promise<void> {
  const deadline = performance.now() + START_LIMIT;
  while (!(await accepts(address))) {
    if (performance.now() > deadline) throw new Error(`s3 gateway on ${address}:${HTTPS} took no connection in 15 s`);
    await wait(POLL);
  }
}

function accepts(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: HTTPS });
    socket.once('connect', () => {
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
