import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectEngine, removeNetwork } from '@space-egress/foundation/testing';
import { SQUID } from '../../constructs/app-source';

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

/** Runs a script in a container. */
export const shell = (container: string, script: string): Promise<string> =>
  docker('exec', container, 'sh', '-c', script);

/** Whether the kernel has killed a container because of its memory, and whether it runs. */
export const stateOf = (container: string): Promise<string> =>
  docker('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', container);

/** The container's address in each of its networks. In each, this machine also has a different address. */
export const addressesOf = async (container: string): Promise<string[]> =>
  (await docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', container)).split(
    ' ',
  );

/** Stops the container as the platform does, and returns its exit status: 137 if it had to be killed after 10 s. */
export async function stop(container: string): Promise<number> {
  await docker('stop', '-t', '10', container);
  return Number(await docker('inspect', '--format', '{{.State.ExitCode}}', container));
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
  for (const folder of scratch.splice(0)) await rm(folder, { recursive: true });
}

const scratch: string[] = [];

/** Arguments of a container that replace a file of the proxy with a changed one. */
export async function changed(
  file: string,
  change: (text: string) => string,
  path = `/opt/egress-proxy/${file}`,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'space-egress-squid-'));
  scratch.push(folder);
  await chmod(folder, 0o755);
  await writeFile(join(folder, file), change(await readFile(join(SQUID, file), 'utf8')), { mode: 0o644 });
  return ['--volume', `${join(folder, file)}:${path}:ro`];
}

/** Sets directives of squid.conf, such as time limits that would be too long for a test. */
export const directives =
  (values: Readonly<Record<string, string>>) =>
  (text: string): string =>
    Object.entries(values).reduce((changing, [name, value]) => {
      const line = new RegExp(`^${name} .*`, 'm');
      if (!line.test(changing)) throw new Error(`squid.conf does not set ${name}`);
      return changing.replace(line, `${name} ${value}`);
    }, text);

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

/** Builds an image from a temporary folder, which the function fills. */
export async function buildFrom(
  tag: string,
  dockerfile: readonly string[],
  fill: (context: string) => Promise<void>,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'space-egress-squid-'));
  try {
    await fill(context);
    await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
    await docker('build', '--quiet', '--tag', tag, context);
  } finally {
    await rm(context, { recursive: true });
  }
}

const SUBNET = '{{(index .IPAM.Config 0).Subnet}}';

/** Creates a network, or reuses one that the engine hasn't removed. */
export async function createNetwork(name: string, subnets: readonly string[], ...options: string[]) {
  const [left] = await Promise.allSettled([docker('network', 'inspect', '--format', SUBNET, name)]);
  if (left.status === 'fulfilled') return { name, subnet: left.value };
  const failures: unknown[] = [];
  for (const subnet of subnets) {
    try {
      await docker('network', 'create', '--label', LABEL, '--subnet', subnet, ...options, name);
      return { name, subnet };
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `the engine accepts none of the subnets ${subnets.join(', ')}`);
}
