import { ENGINE_NAMES, engineChoice, findEngine, type Engine, type EngineName } from '../../tools/engine';

const FOUND = (process.env.ENGINES_FOUND ?? '').split(' ');

/** `test` where the engine is, `test.skip` elsewhere; see find-engines.js. */
export const testUnder = (name: EngineName): jest.It => (FOUND.includes(name) ? test : test.skip);

/** The same for what either engine will do. */
export const testUnderAny: jest.It = ENGINE_NAMES.some((name) => FOUND.includes(name)) ? test : test.skip;

/**
 * For what holds under either of them: the engine that `EGRESS_ENGINE` names, or the first that is here. `npm run
 * test:engines` has both.
 */
export const EITHER_ENGINE: readonly EngineName[] =
  process.env.ENGINE_MATRIX === 'all'
    ? ENGINE_NAMES
    : [engineChoice().name ?? ENGINE_NAMES.find((name) => FOUND.includes(name)) ?? 'terraform'];

/** The engine of a test that is not skipped. */
export async function engineHere(name: EngineName): Promise<Engine> {
  const engine = await findEngine(name);
  if (engine === undefined) throw new Error(`no ${name} on this machine: its tests are skipped by testUnder`);
  return engine;
}
