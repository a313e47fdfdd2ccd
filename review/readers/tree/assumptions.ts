import type { Block } from './blocks';
import type { Part } from './closure';
import { argumentsOf, repetition } from './meta';
import { Providers, roleOf } from './sections';
import type { Stack } from './stack';

/**
 * An argument that depends on a variable's default and is made of something other than before. With another value of
 * the variable, it may say something other than what is read here.
 */
export interface Assumption {
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly provider?: string;
  readonly argument: string;
  /** What it is made of, before and after. */
  readonly madeOf: readonly [before: string, after: string];
}

/** All of them in a change. Nothing is assumed about what the change removes. */
export function assumptions(before: ReadonlyMap<string, Stack>, after: ReadonlyMap<string, Stack>): Assumption[] {
  if (![...before.values(), ...after.values()].some(({ assumes }) => assumes)) return [];
  return [...after].flatMap(([name, stack]) => {
    const providers = new Providers([...stack.blocks.values()]);
    return [...stack.blocks].flatMap(([address, block]): Assumption[] => {
      const role = roleOf(block);
      if (role === 'value' || role === 'settings') return [];
      const [type = ''] = role === 'resource' ? block.labels : [block.section];
      const provider = role === 'resource' ? providers.of(block) : providers.source(block.labels[0] ?? '');
      const old = before.get(name);
      return Object.entries(writtenIn(block)).flatMap(([argument, written]) => {
        const had = old?.blocks.get(address);
        const was = had === undefined ? undefined : writtenIn(had)[argument];
        const madeOf = [described(old, was), described(stack, written)] as const;
        const isAssumed = madeOf.some(({ parts }) => parts.some(({ assumed }) => assumed));
        if (!isAssumed || madeOf[0].whole === madeOf[1].whole || isShown(madeOf)) return [];
        return [
          { stack: name, address, type, provider, argument, madeOf: [madeOf[0].whole, madeOf[1].whole] as const },
        ];
      });
    });
  });
}

function writtenIn(block: Block): Readonly<Record<string, unknown>> {
  return { ...argumentsOf(block), ...repetition(block.body) };
}

interface Description {
  readonly parts: readonly Part[];
  readonly whole: string;
  /** Everything but the defaults. */
  readonly frame: string;
}

function described(stack: Stack | undefined, written: unknown): Description {
  const parts = stack?.madeOf(written) ?? [];
  const text = (all: readonly Part[]): string =>
    JSON.stringify([written ?? null, ...all.map(({ id, content }) => [id, content])]);
  return { parts, whole: text(parts), frame: text(parts.filter(({ assumed }) => !assumed)) };
}

/**
 * A new default of a single variable shows in what it results in; with a value from outside nothing changes. The same
 * applies to several variables that are only inserted. If they affect each other, one may hide what another one says.
 */
function isShown([before, after]: readonly [Description, Description]): boolean {
  const isAlone = after.parts.filter(({ assumed }) => assumed).length === 1;
  const isPlain = (after.frame.match(TEMPLATES) ?? []).every((each) => PLAIN.test(each));
  return before.frame === after.frame && (isAlone || isPlain);
}

const TEMPLATES = /[$%]\{[^}]*\}?/g;
const PLAIN = /^\$\{[\w.-]+\}$/;
