/**
 * Plans everything that the admission allows, with the real engine and provider. Nothing that is shown can contain a
 * secret from the machine, a file, a variable, or the state. ADMISSION_RUNS is the number of random changes,
 * ADMISSION_SEED repeats a run, and ADMISSION_ENGINE is `terraform` or `tofu`.
 */
import fc from 'fast-check';
import { admit } from '../../../review/admission/admission';
import type { EngineName } from '../../../tools/engine';
import { changes, FILES, HARMFUL, type Json } from './differential/changes';
import { Trial, type Admit, type Outcome } from './differential/trial';
import { testUnder } from '../../support/engines';

const RUNS = Number(process.env.ADMISSION_RUNS ?? 100);
const ENGINE: EngineName = process.env.ADMISSION_ENGINE === 'tofu' ? 'tofu' : 'terraform';
const SEED = Number(process.env.ADMISSION_SEED ?? Date.now() % 2 ** 31);
/** As many changes as the engine plans in a few seconds. */
const BATCH = 500;

jest.setTimeout(3_600_000);

const admission: Admit = (change, merged) =>
  admit([{ name: 'stack', json: change }], [{ name: 'stack', json: merged }]);

/** An admission that overlooks something: it checks the change without it, and passes on the whole change. */
const blind =
  (see: (change: Json) => Json): Admit =>
  (change, merged) => {
    const { reasons } = admission(see(change), merged);
    return { reasons, stacks: [{ name: 'stack', json: change }] };
  };

function withoutComments(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutComments);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '//')
      .map(([name, each]) => [name, withoutComments(each)]),
  );
}

/** Treats an expression as harmless text. */
const unaware = (expression: string): Admit =>
  blind(
    (change) => JSON.parse(JSON.stringify(change).replaceAll(JSON.stringify(expression).slice(1, -1), '1')) as Json,
  );

describe('whatever is admitted', () => {
  let trial: Trial;

  beforeAll(async () => {
    trial = await Trial.start(ENGINE);
  });
  afterAll(() => trial.close());

  /** Plans the changes in batches, each of which is one plan. */
  async function plan(runs: number, by: Admit, harmful: readonly string[] = HARMFUL): Promise<Outcome> {
    const all = fc.sample(changes(harmful), { numRuns: runs, seed: SEED });
    const total = { refused: 0, planned: 0, failed: 0, leaks: [] as string[] };
    for (let from = 0; from < runs; from += BATCH) {
      const { refused, planned, failed, leaks } = await trial.plan(all.slice(from, from + BATCH), by);
      total.refused += refused;
      total.planned += planned;
      total.failed += failed;
      total.leaks.push(...leaks);
    }
    return total;
  }

  testUnder(ENGINE)('shows no secret when it is planned', async () => {
    const { leaks, ...counts } = await plan(RUNS, admission);
    console.info(`${RUNS} changes under ${ENGINE} from seed ${SEED}: ${JSON.stringify(counts)}`);
    expect(leaks).toEqual([]);
    expect(counts.planned).toBeGreaterThan(RUNS / 50);
  });

  testUnder(ENGINE).each([
    ['what stands below a key // in an expression', blind((change) => withoutComments(change) as Json), FILES],
    ['a secret in base64 in a look-up', unaware('base64encode(var.seed)'), ['base64encode(var.seed)']],
  ] as const)('shows one if the admission does not see %s', async (_, by, harmful) => {
    const { leaks } = await plan(BATCH, by, harmful);
    expect(leaks).not.toEqual([]);
  });
});
