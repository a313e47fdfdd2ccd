import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, readFileSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planFile } from './plan';
import { EngineOnFoundation } from '../../support/engines';
import { LOCK_FILE } from '../../../review/admission/lock';
import type { PlanFile } from '../../../review/readers/input';
import type { EngineName } from '../../../tools/engine';

/** The result of an expression that the engine refuses. */
export const REFUSED = '(the engine refuses it)';

/**
 * The engine's result for each expression in a program: JSON, or {@link REFUSED}; undefined if it is known after apply.
 */
export function outputsOf(engine: string, program: object, expressions: readonly string[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
  try {
    const output = Object.fromEntries(
      expressions.map((each, index) => [`o${index}`, { value: `\${try(jsonencode(${each}), "${REFUSED}")}` }]),
    );
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ ...program, output }));
    const run = (...args: string[]): string =>
      execFileSync(engine, args, {
        cwd: folder,
        // Otherwise, standard output could contain messages about the machine's own settings.
        env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null' },
        maxBuffer: 2 ** 28,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('plan', '-input=false', '-no-color', '-out=plan');
    const { planned_values } = JSON.parse(run('show', '-json', 'plan')) as {
      planned_values: { outputs: Readonly<Record<string, { value?: string }>> };
    };
    return expressions.map((_, index) => planned_values.outputs[`o${index}`]?.value);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The lock file that an engine creates for what it installs here, as on a default branch. */
export function lockOf(engine: string, env: NodeJS.ProcessEnv, sources: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'));
  try {
    const providers = Object.fromEntries(sources.map((source) => [source.split('/')[1] ?? '', { source }]));
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: providers } }));
    execFileSync(engine, [`-chdir=${folder}`, 'init', '-input=false'], { env, stdio: 'pipe' });
    return readFileSync(join(folder, LOCK_FILE), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A text in the configuration and its replacement, in `main.tf` or another file. */
export type Edit = readonly [text: string, instead: string, file?: string];

/** A folder with HCL, deployed and planned by a real engine. */
export class HclPlanner {
  static async start(engineName: EngineName, configuration: string, ...edits: readonly Edit[]): Promise<HclPlanner> {
    const planner = new HclPlanner(await EngineOnFoundation.start(engineName), configuration);
    planner.write(edits);
    await planner.run('init', '-input=false');
    return planner;
  }

  private readonly folder = mkdtempSync(join(tmpdir(), 'hcl-'));

  private constructor(
    private readonly on: EngineOnFoundation,
    private readonly configuration: string,
  ) {}

  async close(): Promise<void> {
    await this.on.foundation.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async apply(...edits: readonly Edit[]): Promise<void> {
    this.write(edits);
    await this.run('apply', '-auto-approve', '-input=false');
  }

  /** The plan that changes what is deployed to the configuration with these edits. */
  async plan(...edits: readonly Edit[]): Promise<PlanFile> {
    this.write(edits);
    await this.run('get');
    await this.run('plan', '-input=false', '-out=saved');
    const json = JSON.parse(await this.run('show', '-json', 'saved')) as unknown;
    return planFile(json);
  }

  /** The engine's output in the folder as it is. */
  run(...args: readonly string[]): Promise<string> {
    return this.on.run(this.folder, ...args);
  }

  private write(edits: readonly Edit[]): void {
    cpSync(this.configuration, this.folder, { recursive: true });
    for (const [text, instead, file = 'main.tf'] of edits) {
      const path = join(this.folder, file);
      const before = readFileSync(path, 'utf8');
      if (!before.includes(text)) throw new Error(`${file} has no '${text}' to replace`);
      writeFileSync(
        path,
        before.replaceAll(text, () => instead),
      );
    }
  }
}
