import { resourcesIn } from './form';
import { meaningOf } from '../../coverage';
import { grouped, remember } from '../../model/maps';
import { means, stepsOf, withoutKeys, withoutKeysIn, written, type Steps } from '../expressions/traversal';
import { block, list, text, type Json } from '../json';
import type { Source, Sources, Configuration } from './configuration';
import { hide, marks } from './sensitive';
import { LATER, Unresolved, type Reference, stamp, canonical } from '../values';

/** With more candidates than this, a reference says nothing useful. */
const MANY = 64;

interface Instance {
  readonly address: string;
  readonly type: string;
  /** Whether it belongs to the Cloud Foundry provider. */
  readonly ours: boolean;
  readonly unknown: Json;
  /** Its id, if it keeps it, as in an update in place. */
  readonly kept?: unknown;
  readonly values: Json;
  readonly sensitive: Json;
}

interface Found {
  readonly ids: ReadonlyMap<string, Reference>;
  /** Whether nothing else can be meant. */
  readonly complete: boolean;
  /** Whether one of them is an id that is known only after the apply. */
  readonly later: boolean;
}

/**
 * The ids that a plan knows, and where unknown ones come from. The provider marks the ids of all applications that it
 * touches as known only after the apply, and therefore everything that refers to them.
 *
 * An expression that results in an id is assumed to pass it on unchanged: an unknown value is the unknown id of
 * something that the expression refers to, not one that a condition picks.
 */
export class KnownIds {
  private index?: ReadonlyMap<string, readonly Instance[]>;
  private readonly steps = new Map<string, Steps>();
  /** What the plan's changes come from, also through local values; undefined if the engine doesn't say. */
  private readonly relevant: readonly Source[] | undefined;

  constructor(
    private readonly plan: Json,
    private readonly stack: string,
  ) {
    if (plan.relevant_attributes !== undefined) {
      this.relevant = list(plan.relevant_attributes).map((each) => {
        const [attribute] = list(block(each).attribute).filter((step) => typeof step === 'string');
        return { address: stepsOf(text(block(each).resource)), attribute };
      });
    }
  }

  /**
   * Resolves an id that is known only after the apply.
   *
   * @param placed what the plan knows in the same attribute
   */
  resolve({ from, opaque }: Sources, placed: ReadonlySet<unknown>, token: () => string): Unresolved {
    const hidden = opaque ? this.relevant : [];
    const exact = this.among(from, placed);
    const behind = this.among(hidden ?? [], placed, false);
    // A key that leads to something known belongs to a map that was built on the way.
    const wide = exact.later || behind.later ? exact : this.among(from.map(withoutKey), placed);
    const references = [...new Map([...wide.ids, ...behind.ids]).values()];
    const few = references.length <= MANY;
    const complete = hidden !== undefined && wide.complete && behind.complete && (wide.later || behind.later) && few;
    return new Unresolved(token, LATER, few ? references : [], complete);
  }

  /** @param named whether the code refers to these here, not just somewhere */
  private among(sources: readonly Source[], placed: ReadonlySet<unknown>, named = true): Found {
    const ids = new Map<string, Reference>();
    let [complete, later] = [true, false];
    for (const { address, attribute } of sources) {
      const instances = this.find(address);
      for (const { address: at, ours, unknown, values } of instances) {
        if (!ours || (attribute !== undefined && attribute !== 'id')) {
          if ((named || !ours) && marks(attribute === undefined ? unknown : unknown[attribute])) complete = false;
          continue;
        }
        if (unknown.id === true) later = true;
        // What is named by itself and stands nowhere may be what a condition picks.
        else if (!named || instances.length > 1 || values.id === undefined || placed.has(values.id)) continue;
        ids.set(at, { stack: this.stack, address: at, attribute: 'id' });
      }
    }
    return { ids, complete, later };
  }

  /** The id itself, if it can only be that of something that keeps it. */
  settled(value: Unresolved): Unresolved | string {
    const [only, ...others] = value.references;
    if (!value.exact || only?.attribute !== 'id' || others.length > 0) return value;
    const found = this.find(stepsOf(only.address)).find(({ address }) => address === only.address);
    return typeof found?.kept === 'string' ? found.kept : value;
  }

  /** Resources that a value may be made of. An id isn't made of anything: it names a resource whose changes are shown separately. */
  behind(sources: readonly Source[]): readonly Instance[] {
    return sources.flatMap(({ address, attribute }) =>
      this.find(address).filter(({ ours }) => !ours || attribute !== 'id'),
    );
  }

  /** Resources that a value behind a local value may be made of: all that the engine calls relevant, or all of them. */
  behindLocals(): readonly Instance[] {
    return this.relevant === undefined ? [...this.instances.values()].flat() : this.behind(this.relevant);
  }

  private find(address: Steps): readonly Instance[] {
    const all = this.instances.get(written(withoutKeys(address))) ?? [];
    if (all.length < 2) return all;
    const meant = all.filter((each) => means(address, this.stepsOf(each)));
    return meant.length > 0 ? meant : all;
  }

  private stepsOf({ address }: Instance): Steps {
    return remember(this.steps, address, () => stepsOf(address));
  }

  /** By address without keys. A plan that knows everything needs none of them. */
  private get instances(): ReadonlyMap<string, readonly Instance[]> {
    return (this.index ??= grouped(instancesOf(this.plan), ({ address }) => withoutKeysIn(address)));
  }
}

/** The first of each address: what a plan changes comes before what it leaves. */
function instancesOf(plan: Json): Instance[] {
  const all = new Map<string, Instance>();
  const add = (resource: Json, values: Json, unknown: Json, sensitive: Json, kept?: unknown): void => {
    const [address, type] = [text(resource.address), text(resource.type)];
    const ours = type.startsWith('cloudfoundry_');
    if (!all.has(address)) all.set(address, { address, type, ours, values, unknown, sensitive, kept });
  };
  for (const change of list(plan.resource_changes).map(block)) {
    const { actions, before, after, after_unknown: unknown, after_sensitive: sensitive } = block(change.change);
    if (change.deposed !== undefined || after === null) continue;
    const kept = list(actions).join() === 'update' ? block(before).id : undefined;
    add(change, block(after), block(unknown), block(sensitive), kept);
  }
  for (const resource of resourcesIn(block(block(plan.prior_state).values).root_module))
    add(resource, block(resource.values), {}, block(resource.sensitive_values));
  return [...all.values()];
}

function withoutKey(source: Source): Source {
  return { ...source, address: withoutKeys(source.address) };
}

/**
 * What values known after apply are made of, as far as the plan shows it: the arguments that the code sets for each resource
 * they refer to, directly or through others. It tells apart two values of the same expression.
 */
export class Ingredients {
  private readonly contents = new Map<string, string>();
  private readonly sources = new Map<string, readonly Sources[]>();
  private locals?: string;

  constructor(
    private readonly configuration: Configuration,
    private readonly ids: KnownIds,
  ) {}

  /** A text that stands for all of them, or an empty one if there are none. */
  of({ from, opaque }: Sources): string {
    const all = this.allBehind(this.ids.behind(from));
    const isOpaque = opaque || all.some((instance) => this.sourcesOf(instance).some((each) => each.opaque));
    const contents = [...all.map((instance) => this.tell(instance)), ...(isOpaque ? [this.behindLocals()] : [])];
    return contents.length === 0 ? '' : stamp(contents.sort().join('\n'));
  }

  private allBehind(first: readonly Instance[]): Instance[] {
    const found = new Map<string, Instance>();
    const waiting = [...first];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next.address)) continue;
      found.set(next.address, next);
      waiting.push(...this.sourcesOf(next).flatMap(({ from }) => this.ids.behind(from)));
    }
    return [...found.values()];
  }

  /** The same for every value, because a plan doesn't contain local values. */
  private behindLocals(): string {
    this.locals ??= stamp(
      this.allBehind(this.ids.behindLocals())
        .map((instance) => this.tell(instance))
        .sort()
        .join('\n'),
    );
    return this.locals;
  }

  private sourcesOf({ address, unknown }: Instance): readonly Sources[] {
    return remember(this.sources, address, () =>
      [...(this.configuration.of(address) ?? [])].flatMap(([name, expression]) =>
        marks(unknown[name]) ? [this.configuration.sourcesOf(address, expression)] : [],
      ),
    );
  }

  private tell(instance: Instance): string {
    return remember(this.contents, instance.address, () => this.contentOf(instance));
  }

  /** Only what the code sets: everything else follows from it, or comes from the platform and differs between two plans. */
  private contentOf({ address, type, ours, values, unknown, sensitive }: Instance): string {
    const set = [...(this.configuration.of(address)?.keys() ?? [])].sort();
    const said = set
      .filter((name) => !ours || meaningOf(type, name).kind !== 'harmless')
      .map((name) => [
        name,
        canonical(hide(values[name], sensitive[name], () => `${address} ${name}`)),
        unknown[name] ?? false,
      ]);
    return stamp(JSON.stringify([address, said]));
  }
}
