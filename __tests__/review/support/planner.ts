import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, LocalBackend, type TerraformStack } from 'cdktf';
import type { SynthesizedStack } from '../../../constructs/checks/from-tree';
import { readTreeFolder, type PlanFile } from '../../../review/input';
import { findEngine, type EngineName } from '../../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../../tools/providers';
import { startFoundation, type Foundation } from '../../foundation/api/harness';
import { newStack } from '../../support/synth';

const run = promisify(execFile);

export type Program = (stack: TerraformStack) => void;

/** A real engine with the real provider over the foundation's API, whose cell is only in memory. */
export class Planner {
  /** Undefined where the engine is not to be had. */
  static async start(engineName: EngineName): Promise<Planner | undefined> {
    const engine = await findEngine(engineName);
    if (engine === undefined) return undefined;
    const change = await engineEnvironment(engine, await ensureProviders(engineName));
    const foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    const { deployer } = foundation.service.credentials;
    const env = withChange(process.env, {
      ...change,
      CF_API_URL: foundation.service.url,
      CF_USER: deployer.username,
      CF_PASSWORD: deployer.password,
      TF_VAR_hidden: 'www.hidden.example:443',
    });
    return new Planner(engine.path, env, foundation, mkdtempSync(join(tmpdir(), 'review-')));
  }

  private initialized = false;

  private constructor(
    private readonly engine: string,
    private readonly env: NodeJS.ProcessEnv,
    readonly foundation: Foundation,
    private readonly folder: string,
  ) {}

  async stop(): Promise<void> {
    await this.foundation.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What `cdktf synth` writes for the program. */
  synthesize(program: Program): SynthesizedStack[] {
    const outdir = join(this.folder, 'cdktf.out');
    rmSync(join(outdir, 'stacks', 'demo', 'cdk.tf.json'), { force: true });
    const app = new App({ outdir });
    const stack = newStack(app, 'demo');
    new LocalBackend(stack, { path: join(this.folder, 'terraform.tfstate') });
    program(stack);
    app.synth();
    return readTreeFolder(outdir);
  }

  async apply(program: Program): Promise<void> {
    this.synthesize(program);
    await this.command('apply', '-auto-approve', '-input=false');
  }

  /** The plan from what is deployed to the program, as the review reads it. */
  async plan(program: Program, environment = ''): Promise<{ plan: PlanFile; tree: SynthesizedStack[] }> {
    const tree = this.synthesize(program);
    const file = join(this.folder, 'plan');
    await this.command('plan', '-input=false', `-out=${file}`);
    const json = JSON.parse(await this.command('show', '-json', file)) as unknown;
    return { plan: { environment, file: 'plan.json', stack: 'plan', json }, tree };
  }

  private async command(name: string, ...args: string[]): Promise<string> {
    const cwd = join(this.folder, 'cdktf.out', 'stacks', 'demo');
    const options = { cwd, env: this.env, maxBuffer: 64 * 1024 * 1024 };
    try {
      if (!this.initialized) await run(this.engine, ['init', '-input=false', '-no-color'], options);
      this.initialized = true;
      return (
        await run(
          this.engine,
          [name, '-no-color', ...args].filter((each) => each !== ''),
          options,
        )
      ).stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${this.engine} ${name} failed:\n${stdout}\n${stderr}`);
    }
  }
}
