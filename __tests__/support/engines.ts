import { ENGINE_NAMES, engineChoice, findEngine, type Engine, type EngineName } from '../../tools/engine';

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
