import { run } from '../../../tools/command';
import type { Demo } from './demo';

/** Runs the engine as cdktf would, for a program that was deployed before, in a third of the time. */
export class Engine {
  constructor(private readonly demo: Demo) {}

  /** Synthesizes the program as it is now. */
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
