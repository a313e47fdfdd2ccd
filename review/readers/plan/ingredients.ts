import { meaningOf } from '../../coverage';
import { remember } from '../../model/maps';
import { stamp } from '../stamp';
import { canonical } from '../values';
import type { Configuration, Sources } from './configuration';
import type { Instance, KnownIds } from './known-ids';
import { hide, marks } from './sensitive';

/**
 * What values known after apply are made of, as far as the plan shows it: the arguments that the code sets for each resource
 * they refer to, directly or through others. It tells apart two values of the same expression.
 */
export class Ingredients {
  private readonly told = new Map<string, string>();
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
    const told = [...all.map((instance) => this.tell(instance)), ...(isOpaque ? [this.behindLocals()] : [])];
    return told.length === 0 ? '' : stamp(told.sort().join('\n'));
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
    return remember(this.told, instance.address, () => this.contentOf(instance));
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
