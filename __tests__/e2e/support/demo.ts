import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, list } from '@space-egress/foundation';
import { waitFor } from '@space-egress/foundation/testing';
import Docker from 'dockerode';
import { accountFrom, CloudFoundry, Refusal } from '../../../cli/cloud-foundry';
import { run } from '../../../tools/command';
import { awaitApplications, STACK, startFoundation } from '../../../tools/demo';
import type { EngineName } from '../../../tools/engine';
import { Progress } from '../../../tools/progress';
import { Stack } from '../../../tools/stack';
import { Checkout, type Edit } from '../../support/checkout';

/** Runs the engine as cdktf would, for a program that was deployed before, in a third of the time. */
export class Engine {
  constructor(private readonly demo: Demo) {}

  async synth(): Promise<void> {
    const { folder: cwd, env } = this.demo;
    await run(process.execPath, ['--require', 'tsx/cjs', 'main.ts'], { cwd, env });
  }

  apply(): Promise<string> {
    return this.call('apply', '-auto-approve');
  }

  destroy(): Promise<string> {
    return this.call('destroy', '-auto-approve');
  }

  plan(): Promise<string> {
    return this.call('plan');
  }

  private call(...args: readonly string[]): Promise<string> {
    const { stack, env } = this.demo;
    const engine = env.TERRAFORM_BINARY_NAME ?? 'terraform';
    return run(engine, [...args, '-input=false', '-no-color'], { cwd: stack.stackFolder, env });
  }
}

const RUN = process.env.EGRESS_E2E ?? 'e2e';

/** A foundation for this run and test process only, so that a running demo is never touched. */
export const FOUNDATION = `${RUN}-${process.env.JEST_WORKER_ID ?? '1'}`;

const checkouts = (foundation: string): string => join(tmpdir(), `space-egress-${foundation}`);

const quiet = new Progress({ write: () => undefined });

export type { Edit };

/** The example stack in a separate folder, so that its program can be changed as in a pull request. */
export class Demo {
  /** Starts the tests' foundation, unless it is already running. */
  static async open(engine?: EngineName): Promise<Demo> {
    const { env } = await startFoundation(quiet, FOUNDATION, engine);
    return new Demo(env, join(checkouts(FOUNDATION), 'first'));
  }

  private readonly checkout: Checkout;
  private deployed: string | undefined;

  private constructor(
    readonly env: NodeJS.ProcessEnv,
    readonly folder: string,
  ) {
    this.checkout = new Checkout(folder);
  }

  /** A second checkout with its own state, for the same foundation. */
  beside(env: NodeJS.ProcessEnv = {}): Demo {
    return new Demo({ ...this.env, ...env }, join(checkouts(FOUNDATION), 'second'));
  }

  get stack(): Stack {
    const { folder, env } = this;
    return new Stack({ folder, name: STACK, engine: env.TERRAFORM_BINARY_NAME ?? 'terraform', env });
  }

  /**
   * Deploys the program and waits until only its applications run: replaced instances continue for seconds, and are in
   * the DNS for a part of that time. The first deploy of a checkout uses cdktf, as its users do. Later ones call the
   * engine as cdktf would, in a third of the time.
   */
  async deploy(): Promise<void> {
    this.deployed = undefined;
    await (this.stack.deployed ? this.apply() : this.stack.deploy());
    await awaitApplications(this.env);
    await waitFor(async () => {
      // In this order, because a running instance was known before it started.
      const running = await runningContainers('role=app');
      const known = await this.knownInstances();
      return running.every(({ Labels }) => known.has(Labels['space-egress.instance'] ?? ''));
    }, 'the instances that were replaced to end');
    this.deployed = this.checkout.program;
  }

  /** Deploys the repository's program, unless it is already deployed. */
  async takeBack(): Promise<void> {
    this.restore();
    if (this.deployed !== this.checkout.program) await this.deploy();
  }

  private async apply(): Promise<void> {
    const engine = new Engine(this);
    await engine.synth();
    await engine.apply();
  }

  /** The GUIDs of all instances that the API knows. */
  async knownInstances(): Promise<ReadonlySet<string>> {
    const cloud = await CloudFoundry.login(accountFrom(this.env));
    const processes = await cloud.list('/v3/processes?per_page=5000');
    // In parallel, because the container engine takes a second for the statistics of one instance.
    const known = processes.map(async ({ guid }) => {
      const stats = (await cloud.list(`/v3/processes/${String(guid)}/stats`).catch((error: unknown) => {
        // A deployment has replaced the process in the meantime.
        if (error instanceof Refusal && error.status === 404) return [];
        throw error;
      })) as readonly { readonly instance_guid?: string }[];
      return stats.map(({ instance_guid: instance }) => instance ?? `none of ${String(guid)}`);
    });
    return new Set((await Promise.all(known)).flat());
  }

  edit(...edits: readonly Edit[]): void {
    this.checkout.edit(...edits);
  }

  restore(): void {
    this.checkout.restore();
  }

  /** Everything that the program has written for the engine. */
  program(): string {
    const files = readdirSync(join(this.folder, 'cdktf.out'), { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile() && file.name.endsWith('.json'))
      .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
      .join('\n');
  }

  /** The address of an application on the foundation's router. */
  url(host: string, path = '/'): string {
    const { port } = new URL(this.env.EGRESS_ROUTER_URL ?? '');
    return `http://${host}.apps.localhost:${port}${path}`;
  }

  /** The containers of the running instances of an application. */
  async instances(app: string): Promise<string[]> {
    return (await runningContainers('role=app', `app=${app}`)).map(({ Id }) => Id);
  }

  /** Runs a program in a running instance of an application, so the instance's rules apply to it. */
  async inside(app: string, command: readonly string[]): Promise<string> {
    const [found] = await this.instances(app);
    if (found === undefined) {
      throw new Error(`no instance of ${app} runs`);
    }
    const exec = await new Docker()
      .getContainer(found)
      .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, Tty: true });
    const stream = await exec.start({ Tty: true, hijack: true, stdin: false });
    let output = '';
    for await (const chunk of stream) {
      output += String(chunk);
    }
    return output.trim();
  }
}

/** The running containers of the tests' foundation with these labels. */
export function runningContainers(...labels: readonly string[]): Promise<Docker.ContainerInfo[]> {
  const ours = [`foundation=${FOUNDATION}`, ...labels].map((label) => `space-egress.${label}`);
  return new Docker().listContainers({ filters: { label: ours } });
}

/**
 * Removes everything that the end-to-end tests have created. If one part can't be removed, it still removes the others.
 */
export async function removeDemo(): Promise<void> {
  const failures: unknown[] = [];
  for (const name of (await list()).filter((found) => found.startsWith(`${RUN}-`))) {
    rmSync(checkouts(name), { recursive: true, force: true });
    await down({ name }).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
}
