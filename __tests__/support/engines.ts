import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Foundation, startFoundation } from '@space-egress/foundation/testing';
import { type Engine, ENGINE_NAMES, engineChoice, type EngineName, findEngine } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';

const FOUND = (process.env.ENGINES_FOUND ?? '').split(' ');

/** `test` if the engine is installed, and otherwise `test.skip`; see find-engines.js. */
export const testUnder = (name: EngineName): jest.It => (FOUND.includes(name) ? test : test.skip);

/** The same for tests that need any engine. */
export const testUnderAny: jest.It = ENGINE_NAMES.some((name) => FOUND.includes(name)) ? test : test.skip;

/**
 * For behavior that doesn't depend on the engine: the one that `EGRESS_ENGINE` names, or the first one that is
 * installed. With `npm run test:engines`, both.
 */
export const EITHER_ENGINE: readonly EngineName[] =
  process.env.ENGINE_MATRIX === 'all'
    ? ENGINE_NAMES
    : [engineChoice().name ?? ENGINE_NAMES.find((name) => FOUND.includes(name)) ?? 'terraform'];

/** The engine, in a test that isn't skipped. */
export async function engineHere(name: EngineName): Promise<Engine> {
  const engine = await findEngine(name);
  if (engine === undefined) throw new Error(`no ${name} on this machine: its tests are skipped by testUnder`);
  return engine;
}

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
