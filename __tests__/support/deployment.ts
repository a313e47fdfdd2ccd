import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, LocalBackend, type TerraformStack } from 'cdktf';
import type { EngineName } from '../../tools/engine';
import type { Foundation } from '@space-egress/foundation/testing';
import { EngineOnFoundation, testUnder } from './engines';
import { newStack } from './synth';

export type Program = (stack: TerraformStack) => void;

/** One stack, under a real engine with the real provider, on the foundation's API with a cell in memory. */
export class Deployment {
  /** Logs in as the deployer, who is only an OrgManager. */
  static async start(
    engineName: EngineName,
    variables: NodeJS.ProcessEnv = {},
    stackName = 'test',
  ): Promise<Deployment> {
    return new Deployment(await EngineOnFoundation.start(engineName, variables), stackName);
  }

  readonly folder = mkdtempSync(join(tmpdir(), 'deployment-'));
  private readonly outdir = join(this.folder, 'cdktf.out');
  private initialized = false;

  private constructor(
    private readonly on: EngineOnFoundation,
    private readonly stackName: string,
  ) {}

  get foundation(): Foundation {
    return this.on.foundation;
  }

  async close(): Promise<void> {
    await this.foundation.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes the files for the next command, and returns their folder. */
  synthesize(program: Program): string {
    const app = new App({ outdir: this.outdir });
    const stack = newStack(app, this.stackName);
    new LocalBackend(stack, { path: join(this.folder, 'terraform.tfstate') });
    program(stack);
    app.synth();
    return this.outdir;
  }

  /** Returns the engine's output on both streams; if the engine fails, the error contains it. */
  async engine(...args: readonly string[]): Promise<string> {
    if (!this.initialized) {
      this.initialized = true;
      await this.engine('init', '-input=false');
    }
    return this.on.run(join(this.outdir, 'stacks', this.stackName), ...args);
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

/** Tests of one deployment, one after another, under the named engine; skipped if it isn't installed. */
export function deploymentTests(engineName: EngineName, first: Program, variables?: NodeJS.ProcessEnv) {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.start(engineName, variables);
    deployment.synthesize(first);
  });

  afterAll(async () => {
    await deployment.close();
  });

  return (name: string, body: (deployment: Deployment) => Promise<void>): void => {
    testUnder(engineName)(name, () => body(deployment));
  };
}
