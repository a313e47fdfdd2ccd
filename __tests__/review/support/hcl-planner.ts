import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlanFile } from '../../../review/readers/input';
import type { EngineName } from '../../../tools/engine';
import { EngineOnFoundation } from '../../support/engines';
import { planFile } from './plan';

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
