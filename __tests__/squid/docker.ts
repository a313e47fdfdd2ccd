import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { connectEngine, removeNetwork } from '@space-egress/foundation/testing';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Unique for this checkout, so that the tests of two checkouts can run at the same time. */
export const NAME = `squid-${createHash('sha256').update(__dirname).digest('hex').slice(0, 8)}`;

/** Everything that these tests create in the container engine has this label, so that they remove exactly that. */
export const LABEL = `space-egress.test=${NAME}`;

/** Runs a docker command and returns its standard output. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: MAX_OUTPUT_BYTES });
  return stdout.trim();
}

/** The output of a container, as two separate streams. */
export async function logs(container: string): Promise<{ stdout: string; stderr: string }> {
  return run('docker', ['logs', container], { maxBuffer: MAX_OUTPUT_BYTES });
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a container without a network until it ends, even with a failure. */
export async function runToEnd(...args: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await run('docker', ['run', '--rm', '--network', 'none', '--label', LABEL, ...args]);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

/**
 * Removes everything that these tests have created, including leftovers of an interrupted run. Docker 20.10 sometimes
 * counts a removed container in a network until Docker restarts. Such a network stays, and the next laboratory uses it.
 */
export async function removeAll(): Promise<void> {
  const containers = await docker('ps', '--all', '--quiet', '--filter', `label=${LABEL}`);
  if (containers) await docker('rm', '--force', '--volumes', ...containers.split('\n'));
  const networks = await docker('network', 'ls', '--quiet', '--filter', `label=${LABEL}`);
  const { docker: engine } = await connectEngine();
  for (const network of networks.split('\n').filter(Boolean)) await removeNetwork(engine.getNetwork(network));
}

/** Waits until the condition returns a value. The time limit is for a busy machine and isn't an expectation. */
export async function until<T>(what: string, condition: () => Promise<T | undefined>, seconds = 50): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
