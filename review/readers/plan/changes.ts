import { isDeepStrictEqual } from 'node:util';
import { COMMUNITY } from '../../community';
import { isLookedInto } from '../../coverage';
import { block, list, text, type Json } from '../json';
import { stamp, canonical, isObject, LATER, Unresolved, type Resource, type Value } from '../values';
import {
  COMPUTED,
  keepComputed,
  setLater,
  UNSET,
  ENDS,
  inexact,
  isPlain,
  LISTS,
  membersOf,
  ofObjects,
  placed,
  settle,
  merge,
} from './after-apply';
import type { Configuration } from './configuration';
import type { Ingredients, KnownIds } from './known-ids';
import { resourcesIn } from './form';
import { providerName } from './parts';
import { hide, marks } from './sensitive';

/** What a plan's program says about its resources, by address. */
export type Program = ReadonlyMap<string, Resource['values']>;

/** Where values that are known after apply come from. */
export interface Context {
  readonly configuration: Configuration;
  readonly ids: KnownIds;
  readonly ingredients: Ingredients;
}

export function isNoop({ change }: Json): boolean {
  const actions = list(block(change).actions);
  return actions.length > 0 && actions.every((action) => action === 'no-op');
}

/** Whether a resource is the same afterwards: most of a large plan, which nothing then needs to compare. */
export function isUnchanged(resource: Json): boolean {
  const { before, before_sensitive: had, after, after_sensitive: has, after_unknown: unknown } = block(resource.change);
  return (
    isNoop(resource) &&
    resource.deposed === undefined &&
    !marks(unknown) &&
    isDeepStrictEqual(before, after) &&
    isDeepStrictEqual(had, has)
  );
}

export function ours({ type }: Json): boolean {
  return typeof type === 'string' && type.startsWith(OURS);
}

const OURS = 'cloudfoundry_';

/** Data sources, and whatever a targeted plan doesn't touch. */
export function resourcesOf(module: unknown, stack: string, except: ReadonlySet<unknown>): Resource[] {
  return resourcesIn(module)
    .filter((resource) => ours(resource) && !except.has(resource.address) && isObject(resource.values))
    .map((resource) => ({
      ...identityOf(resource, stack),
      values: hide(resource.values, resource.sensitive_values, () => `${stack} ${text(resource.address)}`) as Values,
    }));
}

export function beforeOf(resource: Json, stack: string): Resource[] {
  const { before, before_sensitive: sensitive } = block(resource.change);
  if (before === null || before === undefined) return [];
  const identity = identityOf(resource, stack);
  return [
    {
      ...identity,
      // An object left over from a failed replacement runs until it is deleted, beside the one that took its address.
      address: resource.deposed === undefined ? identity.address : `${identity.address} (deposed)`,
      values: hide(before, sensitive, placeOf(resource, stack, 'before')) as Values,
    },
  ];
}

type Values = Resource['values'];

function identityOf({ address, mode, type, provider_name: provider }: Json, stack: string): Omit<Resource, 'values'> {
  return {
    stack,
    address: text(address),
    managed: mode !== 'data',
    type: text(type),
    provider: providerName(text(provider)),
  };
}

export function afterOf(resource: Json, stack: string, context: Context, program: Program = new Map()): Resource[] {
  const { configuration, ids, ingredients } = context;
  const { address, type, provider_name: provider, change, deposed } = resource;
  const { actions, before, before_sensitive: beforeSensitive, after, after_unknown, after_sensitive } = block(change);
  if (deposed !== undefined && !list(actions).includes('forget')) return [];
  // A forgotten resource stays on the platform, beside the one that replaces it.
  if (after === null || after === undefined) return list(actions).includes('forget') ? beforeOf(resource, stack) : [];
  if (list(actions).includes('forget')) {
    const forgotten = beforeOf(resource, stack).map((one) => ({ ...one, address: `${one.address} (forgotten)` }));
    const made = { ...resource, change: { ...block(change), actions: ['create'] } };
    return [...forgotten, ...afterOf(made, stack, context, program)];
  }
  const expressions = configuration.of(text(address));
  const kept = !list(actions).includes('create') && !list(actions).includes('delete');
  const old = block(hide(before ?? null, beforeSensitive, placeOf(resource, stack, 'before')));
  const shown = block(hide(after, after_sensitive, placeOf(resource, stack, 'after')));
  const isOlder = providerName(text(provider)) === COMMUNITY;
  const later = Object.entries(block(after_unknown)).map(([name, unknown]): [string, Value] => {
    const written = expressions?.get(name);
    // The plan's configuration omits blocks of the older provider that `dynamic` generates.
    const hidden = written === undefined && isLookedInto(`${COMMUNITY} ${text(type)}`, name) && isOlder;
    // An in-place update keeps what the configuration doesn't set: the provider marks it unknown but doesn't change it.
    const untouched = name === 'id' || (expressions !== undefined && written === undefined && !hidden);
    if (kept && unknown === true && name in old && untouched) return [name, old[name] as Value];
    const token = `${stack} ${text(address)} ${name} after apply`;
    const known = (shown[name] ?? null) as Value;
    if (!marks(unknown)) return [name, known];
    if (!kept && unknown === true && expressions !== undefined && written === undefined) {
      const unset = isOlder ? undefined : UNSET[text(type)]?.[name];
      if (unset !== undefined) return [name, unset];
    }
    const code = (): string => stamp(canonical(program.get(text(address))?.[name] ?? null));
    const said = hidden
      ? new Unresolved(code, LATER)
      : (membersOf(program.get(text(address))?.[name], known, ENDS[text(type)]?.includes(name)) ??
        configuration.value(text(address), written, (sources, references) =>
          ids.resolve(sources, placed(known), () => [references, ingredients.of(sources), code()].join(' ')),
        ));
    const merged = merge(known, unknown, said, token);
    const computed = COMPUTED[text(type)]?.[name] ?? [];
    const whole = kept ? keepComputed(merged, old[name] as Value, computed) : setLater(merged, computed);
    if (ENDS[text(type)]?.includes(name) === true && !isPlain(program.get(text(address))?.[name]))
      return [name, inexact(whole)];
    if (unknown === true && LISTS.has(name)) return [name, inexact(whole)];
    const objects = isLookedInto(isOlder ? `${COMMUNITY} ${text(type)}` : text(type), name);
    return [
      name,
      objects && Array.isArray(whole)
        ? whole.map((each: Value) => ofObjects(each, ids, computed))
        : settle(whole, ids, computed),
    ];
  });
  return [{ ...identityOf(resource, stack), values: { ...(shown as Values), ...Object.fromEntries(later) } }];
}

/** Gives the two sides of a change different names, unless nothing changes. */
function placeOf({ address, change }: Json, stack: string, side: 'before' | 'after'): () => string {
  return () => {
    const same = list(block(change).actions).every((action) => action === 'no-op' || action === 'read');
    return `${stack} ${text(address)} ${same ? '' : side}`;
  };
}
