/**
 * Measures all contestants one after another within each round, so that other work on the machine affects all of them.
 */
import type { Print } from '../benchmark';
import type { Arena, Load, Running } from './arena';
import type { Contestant, Wanted } from './contestants';
import { type ListFigure, MEASURES, type MemoryFigure, microsOfOne, type Results } from './measures';

const FIRST_PORT = 3101;
const MODERATE = 1_000;
const TUNNELS = [0, MODERATE, 10_000];
const WAVES = 10;
const WAVE = 2_000;
const ENTRIES = [10, 100, 1_000, 10_000, 100_000];
const LIST_WORKERS = 16;
/**
 * Measurements of a stream in each round; the best one counts. A virtual machine's processor is sometimes slower by up
 * to two fifths for a few seconds, whatever runs on it, and a stream depends on one processor.
 */
const STREAM_TURNS = 3;

/** A contestant that was started; `running` is undefined for the one without a proxy. */
interface Entrant extends Contestant {
  readonly running?: Running;
}

async function startAll(arena: Arena, contestants: readonly Contestant[], wanted?: Wanted): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const [index, contestant] of contestants.entries()) {
    const port = FIRST_PORT + index;
    const running = contestant.container && (await arena.start(port, contestant.container(port, wanted)));
    entrants.push({ ...contestant, running });
  }
  return entrants;
}

const clientOf = ({ running, credentials }: Entrant) => ({ port: running?.port, credentials });

async function stopAll(arena: Arena, entrants: readonly Entrant[]): Promise<void> {
  for (const { running } of entrants) if (running) await arena.stop(running);
}

type Figures = Partial<Record<string, Partial<Record<string, number[]>>>>;

/** Adds a figure to those of earlier rounds. */
const collect = <T>(
  groups: Partial<Record<string, Partial<Record<string, T[]>>>>,
  group: string,
  name: string,
  figure: T,
): void => {
  const ofGroup = (groups[group] = groups[group] ?? {});
  (ofGroup[name] = ofGroup[name] ?? []).push(figure);
};

/** A load, and the microseconds of processor time that the proxy used meanwhile: 0 without a proxy. */
interface Taken {
  readonly load: Load;
  readonly micros: number;
}

async function withEffort(arena: Arena, running: Running | undefined, take: () => Promise<Load>): Promise<Taken> {
  const soFar = (): number | Promise<number> => (running ? arena.processorTimeOf(running) : 0);
  const before = await soFar();
  const load = await take();
  // A stream counts only bytes.
  if (load.done === 0 && load.doneBytes === 0) {
    throw new Error(`nothing came through, with ${load.errors} errors: the proxy refuses what is measured`);
  }
  return { load, micros: (await soFar()) - before };
}

export async function measureSpeed(
  arena: Arena,
  contestants: readonly Contestant[],
  rounds: number,
  print: Print,
): Promise<Pick<Results, 'speed' | 'processor'>> {
  const entrants = await startAll(arena, contestants);
  const speed: Figures = {};
  const processor: Figures = {};
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, take, figure, apart, effort, time } of MEASURES) {
      const best = new Map<Entrant, Taken>();
      for (let turn = 0; turn < (apart ? STREAM_TURNS : 1); turn += 1) {
        for (const entrant of entrants) {
          const { running } = entrant;
          const once = (): Promise<Load> => take(arena, clientOf(entrant));
          const taken = await withEffort(arena, running, () => (apart ? arena.apart(running, once) : once()));
          if (taken.load.errors > 0) print(`${entrant.name}: ${taken.load.errors} errors in ${name}`);
          const before = best.get(entrant);
          if (before === undefined || figure(taken.load) > figure(before.load)) best.set(entrant, taken);
        }
      }
      for (const [{ name: contestant, running }, { load, micros }] of best) {
        collect(speed, name, contestant, figure(load));
        if (time !== undefined) collect(speed, time, contestant, microsOfOne(load));
        if (effort && running) collect(processor, effort.of, contestant, Math.round(micros / effort.done(load)));
      }
    }
    print(`round ${round} of ${rounds}`);
  }
  await stopAll(arena, entrants);
  return { speed, processor };
}

/** Takes each figure with a new process, because no process frees all the memory that it once took. */
export async function measureMemory(
  arena: Arena,
  contestants: readonly Contestant[],
  print: Print,
): Promise<Pick<Results, 'memory' | 'waves'>> {
  const memory: Record<string, MemoryFigure[]> = {};
  const waves: Record<string, number[]> = {};
  for (const contestant of contestants) {
    const figures: MemoryFigure[] = [];
    for (const wanted of TUNNELS) {
      const [entrant] = await startAll(arena, [contestant], { manyTunnels: wanted > MODERATE });
      if (entrant?.running === undefined) continue;
      const { running } = entrant;
      const take = async (tunnels: number): Promise<MemoryFigure> => ({
        tunnels,
        mebibytes: Math.round((await arena.memoryOf(running)) * 10) / 10,
      });
      figures.push(wanted === 0 ? await take(0) : await arena.whileHeld(clientOf(entrant), wanted, take));
      await arena.stop(running);
    }
    memory[contestant.name] = figures;
    const [entrant] = await startAll(arena, [contestant], { manyTunnels: true });
    if (entrant?.running === undefined) continue;
    const { running } = entrant;
    const each: number[] = [];
    while (each.length < WAVES) {
      each.push(Math.round(await arena.whileHeld(clientOf(entrant), WAVE, () => arena.memoryOf(running))));
    }
    waves[contestant.name] = each;
    await arena.stop(running);
    print(`memory of ${contestant.name}`);
  }
  return { memory, waves };
}

/** Entries before the one that is requested. */
const fillers = (entries: number): string[] =>
  Array.from({ length: entries - 1 }, (_, index) => `h${String(index).padStart(5, '0')}.test:80`);

export async function measureLists(
  arena: Arena,
  contestants: readonly Contestant[],
  rounds: number,
  print: Print,
): Promise<Results['lists']> {
  const lists: Partial<Record<string, Partial<Record<string, ListFigure[]>>>> = {};
  for (let round = 1; round <= rounds; round += 1) {
    for (const entries of ENTRIES) {
      for (const contestant of contestants) {
        const allow = [...fillers(entries), 'site.test:80'];
        const running = await arena.start(
          FIRST_PORT,
          contestant.container?.(FIRST_PORT, { allow }) ?? missing(contestant),
        );
        const { credentials } = contestant;
        const { load, micros } = await withEffort(arena, running, () =>
          arena.load('requests', { port: FIRST_PORT, credentials }, LIST_WORKERS, '-seconds', '1'),
        );
        const { startMs } = running;
        const { perSecond, done } = load;
        collect(lists, contestant.name, String(entries), { startMs, perSecond, micros: micros / done });
        await arena.stop(running);
      }
    }
    print(`lists, round ${round} of ${rounds}`);
  }
  return lists;
}

function missing({ name }: Contestant): never {
  throw new Error(`${name} is not a proxy: it has no list`);
}
