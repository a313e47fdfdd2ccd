import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, LocalBackend, type TerraformStack } from 'cdktf';
import { findEngine, type EngineName } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { startFoundation, type Foundation } from '../foundation/api/harness';
import { newStack } from './synth';

const run = promisify(execFile);

export type Program = (stack: TerraformStack) => void;

/** One stack, under a real engine with the real provider, on the foundation's API, whose cell is only in memory. */
export class Deployment {
  /** As the deployer, who is OrgManager and nothing more. Undefined where the engine is not to be had. */
  static async start(
    engineName: EngineName,
    variables: NodeJS.ProcessEnv = {},
    stackName = 'test',
  ): Promise<Deployment | undefined> {
    const engine = await findEngine(engineName);
    if (engine === undefined) {
      console.warn(`skipped: there is no ${engineName} on this machine`);
      return undefined;
    }
    const change = await engineEnvironment(engine, await ensureProviders(engineName));
    const foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    const { username, password } = foundation.service.credentials.deployer;
    const access = { CF_API_URL: foundation.service.url, CF_USER: username, CF_PASSWORD: password };
    const env = withChange(process.env, { ...change, ...access, ...variables });
    return new Deployment(engine.path, env, foundation, stackName);
  }

  readonly folder = mkdtempSync(join(tmpdir(), 'deployment-'));
  private readonly outdir = join(this.folder, 'cdktf.out');
  private initialized = false;

  private constructor(
    private readonly path: string,
    private readonly env: NodeJS.ProcessEnv,
    readonly foundation: Foundation,
    private readonly stackName: string,
  ) {}

  async close(): Promise<void> {
    await this.foundation.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes what the next command works on, and says where. */
  synthesize(program: Program): string {
    const app = new App({ outdir: this.outdir });
    const stack = newStack(app, this.stackName);
    new LocalBackend(stack, { path: join(this.folder, 'terraform.tfstate') });
    program(stack);
    app.synth();
    return this.outdir;
  }

  /** What the engine prints, on either stream; fails with it. */
  async engine(...args: readonly string[]): Promise<string> {
    if (!this.initialized) {
      this.initialized = true;
      await this.engine('init', '-input=false');
    }
    const options = { cwd: join(this.outdir, 'stacks', this.stackName), env: this.env, maxBuffer: 64 * 2 ** 20 };
    try {
      const { stdout, stderr } = await run(this.path, [...args, '-no-color'], options);
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${this.path} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
    }
  }

  apply(): Promise<string> {
    return this.engine('apply', '-auto-approve', '-input=false');
  }

  plan(): Promise<string> {
    return this.engine('plan', '-input=false');
  }

  running(appName: string) {
    return [...this.foundation.cell.running.values()].filter((instance) => instance.appName === appName);
  }
}

/**
 * Tests of one deployment, one after the other, under the named engine. Where there is none they pass, and the log
 * says that they were skipped.
 */
export function deploymentTests(engineName: EngineName, first: Program, variables?: NodeJS.ProcessEnv) {
  let deployment: Deployment | undefined;

  beforeAll(async () => {
    deployment = await Deployment.start(engineName, variables);
    deployment?.synthesize(first);
  });

  afterAll(async () => {
    await deployment?.close();
  });

  return (name: string, body: (deployment: Deployment) => Promise<void>): void => {
    test(name, async () => {
      if (deployment !== undefined) await body(deployment);
    });
  };
}
