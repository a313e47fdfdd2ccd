/** Every command of `cf help -a` with the real cf CLI: works as on the platform, or answers that it is not offered. */
import { readFileSync } from 'node:fs';
import { generatedPart } from '../../../tools/markdown';
import { findCf } from '../../testing/cf';
import { commandOf, isAsExpected, listCommands, PAGE, RECORD, tableOf, walk, type Outcome } from './walk';

const program = findCf();
// No package registry has the cf CLI; without it, these tests are counted as skipped.
const withCf = program === undefined ? describe.skip : describe;

withCf('every command of cf', () => {
  let commands: readonly string[];
  let outcomes: readonly Outcome[];

  beforeAll(async () => {
    commands = await listCommands(program ?? '');
    outcomes = await walk(program ?? '');
  }, 300_000);

  test('has been run', () => {
    const typed = new Set(outcomes.map(({ scenario }) => commandOf(scenario)));
    expect(commands.filter((command) => !typed.has(command))).toEqual([]);
    expect([...typed].filter((command) => !commands.includes(command))).toEqual([]);
  });

  test('works as on the platform, or answers that it is not offered', () => {
    const wrong = outcomes.filter((outcome) => !isAsExpected(outcome));
    expect(wrong.map(({ scenario, seen }) => [scenario.call, seen])).toEqual([]);
  });

  test("is in the documentation's table with its result", () =>
    expect(generatedPart(readFileSync(PAGE, 'utf8'), RECORD)).toBe(tableOf(commands, outcomes).trim()));
});
