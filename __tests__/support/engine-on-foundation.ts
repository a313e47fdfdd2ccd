import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EngineName } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { startFoundation, type Foundation } from '@space-egress/foundation/testing';
import { engineHere } from './engines';

const run = promisify(execFile);

/** A real engine with the real provider, on the foundation's API with a cell in memory. */
export class EngineOnFoundation {
  /** Logs in as the deployer, who is only an OrgManager. */
  static async start(engineName: EngineName, variables: NodeJS.ProcessEnv = {}): Promise<EngineOnFoundation> {
    const engine = await engineHere(engineName);
    const change = await engineEnvironment(engine, await ensureProviders(engineName));
    const foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) } });
    const { username, password } = foundation.service.credentials.deployer;
    const access = { CF_API_URL: foundation.service.url, CF_USER: username, CF_PASSWORD: password };
    return new EngineOnFoundation(
      engine.path,
      withChange(process.env, { ...change, ...access, ...variables }),
      foundation,
    );
  }

  private constructor(
    readonly path: string,
    readonly env: NodeJS.ProcessEnv,
    readonly foundation: Foundation,
  ) {}

  /** Returns the engine's output on both streams; if the engine fails, the error contains it. */
  async run(cwd: string, ...args: readonly string[]): Promise<string> {
    try {
      const options = { cwd, env: this.env, maxBuffer: 64 * 2 ** 20 };
      const { stdout, stderr } = await run(this.path, [...args, '-no-color'], options);
      return stdout + stderr;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${this.path} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
    }
  }
}
