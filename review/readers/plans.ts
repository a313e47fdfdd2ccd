import { InputError, reading, type PlanFile } from './input';
import { readPlan, type PlanReading, type Program } from './plan';
import { pathsOf, readTree, type SynthesizedStack } from './tree';
import type { Resource } from './values';

export type Stacks = readonly SynthesizedStack[];

/** What each stack says about its resources. */
function programsOf(trees: Stacks): ReadonlyMap<string, Program> {
  return new Map(trees.map((tree) => [tree.name, programOf(tree)]));
}

function programOf(tree: SynthesizedStack): Program {
  return new Map(readTree([tree]).map(({ address, values }) => [address, values]));
}

/** Reads the plans of one environment, each with the stack that it belongs to. */
export function readAll(
  plans: readonly PlanFile[],
  trees: Stacks,
  earlier: Stacks = [],
): PlanReading & { readonly stacks: ReadonlySet<string> } {
  const paths = pathsOf(trees);
  const programs = programsOf(trees);
  const addresses = new Map([...programs].map(([name, program]) => [name, [...program.keys()]]));
  const read = plans.map((plan) => {
    const { file, json, stack, environment } = plan;
    const readAs = (name: string): PlanReading =>
      reading(file, () => {
        const was = earlier.findLast((tree) => tree.name === name);
        return readPlan(json, name, programs.get(name), was && (() => programOf(was)));
      });
    const named = [stack, environment].find((name) => programs.has(name));
    if (named !== undefined) return { plan, name: named, read: readAs(named) };
    const first = readAs(stack);
    const name = reading(file, () => stackOf(plan, first.after, addresses)) ?? stack;
    return { plan, name, read: name === stack ? first : readAs(name) };
  });
  checkApart(read.map(({ plan, name }) => [plan, name]));
  const readings = read.map((each) => each.read);
  const all = (part: (reading: PlanReading) => readonly Resource[]): Resource[] =>
    readings
      .flatMap(part)
      .map((resource) =>
        paths.size === 0 ? resource : { ...resource, path: paths.get(`${resource.stack} ${resource.address}`) },
      );
  return {
    stacks: new Set(read.map(({ name }) => name)),
    before: all(({ before }) => before),
    after: all(({ after }) => after),
    ...(readings.some(({ applied }) => applied !== undefined) && {
      applied: all(({ before, applied = before }) => applied),
    }),
    replaced: readings.flatMap(({ replaced }) => replaced),
    gaps: readings.flatMap(({ gaps }) => gaps),
  };
}

/**
 * A plan doesn't say which stack it belongs to: the one with the same name or environment, otherwise the one that
 * shares the most addresses. Stacks of several environments often share all addresses, and the wrong stack would hide
 * changes.
 *
 * @throws if there is more than one candidate
 */
function stackOf({ stack }: PlanFile, resources: readonly Resource[], trees: Counts): string | undefined {
  const addresses = new Set(resources.map(({ address }) => address));
  const counts = [...trees].map(
    ([name, own]) => [name, own.filter((address) => addresses.has(address)).length] as const,
  );
  const most = Math.max(0, ...counts.map(([, count]) => count));
  if (most === 0) return undefined;
  const [first = stack, ...more] = counts.filter(([, count]) => count === most).map(([name]) => name);
  if (more.length === 0) return first;
  const names = [first, ...more].join(' and ');
  throw new Error(
    `it fits ${names} equally well: name the file after its stack, as ${first}.json, or ${first}=${stack}.json`,
  );
}

/** The addresses of each stack. */
type Counts = ReadonlyMap<string, readonly string[]>;

/** If two plans have the same stack name, they can't be told apart. */
function checkApart(readings: readonly (readonly [plan: PlanFile, stack: string])[]): void {
  const seen = new Map<string, string>();
  for (const [{ file }, stack] of readings) {
    const other = seen.get(stack);
    if (other !== undefined) {
      throw new InputError(
        `${other} and ${file} are both read as the plan of stack '${stack}' in one environment: name the files after their ` +
          'stacks, or use ENVIRONMENT=FILE',
      );
    }
    seen.set(stack, file);
  }
}
