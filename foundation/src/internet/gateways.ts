import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Subnet } from '../settings';
import { locate, REGION, S3_DOORS, type S3Door } from './names';
import type { S3Account } from './s3-client';

interface GatewayOptions {
  readonly internet: Subnet;
  /** The folder of buckets and accounts. */
  readonly dataDir: string;
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly root: S3Account;
  /** Called when a gateway exits, which makes the container useless. */
  readonly onExit: (reason: string) => void;
}

const HTTPS = 443;
const START_LIMIT = 15_000;
const POLL = 25;

/**
 * The command line of the gateway for one endpoint. All gateways serve the same buckets and accounts; they are separate
 * processes because each supports only one domain for buckets in host names.
 */
function gatewayArguments(door: S3Door, options: Omit<GatewayOptions, 'root' | 'onExit'>): string[] {
  const { dataDir } = options;
  return [
    ['--region', REGION],
    ['--port', `${locate(door.place, options.internet)}:${HTTPS}`],
    ['--cert', options.certificatePath],
    ['--key', options.keyPath],
    ['--virtual-domain', door.domain],
    ['--iam-dir', join(dataDir, 'accounts')],
    // An account that one gateway creates must be valid on the others at once.
    ['--iam-cache-disable'],
    ['--keep-alive'],
    ['--quiet'],
    ['posix'],
    // Not every volume's file system has extended attributes.
    ['--sidecar', join(dataDir, 'metadata')],
    [join(dataDir, 'buckets')],
  ].flat();
}

/** Starts the S3 server at all endpoints, and resolves when each accepts connections. */
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
    child.once('error', (error) => options.onExit(`s3 gateway of ${door.domain} did not start: ${error.message}`));
    child.once('exit', (code, signal) =>
      options.onExit(`s3 gateway of ${door.domain} ended with ${signal ?? `status ${code ?? '?'}`}`),
    );
    return child;
  });
  await Promise.all(doors.map((door) => connectable(locate(door.place, options.internet))));
  return children;
}

async function connectable(address: string): Promise<void> {
  const deadline = performance.now() + START_LIMIT;
  while (!(await accepts(address))) {
    if (performance.now() > deadline)
      throw new Error(`s3 gateway on ${address}:${HTTPS} did not accept a connection within 15 s`);
    await wait(POLL);
  }
}

function accepts(address: string): Promise<boolean> {
  const socket = connect({ host: address, port: HTTPS });
  return once(socket, 'connect').then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}
