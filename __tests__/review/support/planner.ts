import { join } from 'node:path';
import type { SynthesizedStack } from '../../../review/readers/tree';
import { readTreeFolder, type PlanFile } from '../../../review/readers/input';
import type { EngineName } from '../../../tools/engine';
import type { Foundation } from '@space-egress/foundation/testing';
import { Deployment, type Program } from '../../support/deployment';

export type { Program };

/** Creates plans as the review reads them. */
export class Planner {
  static async start(engineName: EngineName): Promise<Planner> {
    return new Planner(await Deployment.start(engineName, { TF_VAR_hidden: 'www.hidden.example:443' }, 'demo'));
  }

  private constructor(private readonly deployment: Deployment) {}

  get foundation(): Foundation {
    return this.deployment.foundation;
  }

  stop(): Promise<void> {
    return this.deployment.close();
  }

  /** The output of `cdktf synth` for the program. */
  synthesize(program: Program): SynthesizedStack[] {
    return readTreeFolder(this.deployment.synthesize(program));
  }

  async apply(program: Program): Promise<void> {
    this.synthesize(program);
    await this.deployment.apply();
  }

  /** The plan that changes what is deployed to the program. */
  async plan(program: Program, environment = ''): Promise<{ plan: PlanFile; tree: SynthesizedStack[] }> {
    const tree = this.synthesize(program);
    const file = join(this.deployment.folder, 'plan');
    await this.deployment.engine('plan', '-input=false', `-out=${file}`);
    const json = JSON.parse(await this.deployment.engine('show', '-json', file)) as unknown;
    return { plan: { environment, file: 'plan.json', stack: 'plan', json }, tree };
  }
}
