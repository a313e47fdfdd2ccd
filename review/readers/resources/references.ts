import { placeIn } from '../../model/facts';
import { grouped } from '../../model/maps';
import { withoutLastKey } from '../expressions/traversal';
import { listOf, isObject, Unresolved, type Resource, type Value } from '../values';
import { certain } from './labels';

/** The resources of a plan or tree, indexed by type, id and references. */
export class References {
  /** Each application is named by many policies. */
  readonly applicationIds = new Map<Resource, string>();
  private readonly byId = new Map<string, Resource>();
  private readonly byType: ReadonlyMap<string, Resource[]>;
  private byPlace?: ReadonlyMap<string, readonly Resource[]>;

  constructor(readonly resources: readonly Resource[]) {
    this.byType = grouped(resources, ({ type }) => type);
    for (const resource of resources) {
      // While the older provider deploys new instances beside the old ones, the application gets another id.
      for (const id of [resource.values.id, resource.values.id_bg]) {
        if (typeof id === 'string' && (resource.managed || !this.byId.has(id))) this.byId.set(id, resource);
      }
    }
    for (const space of this.all('cloudfoundry_spaces').flatMap(listedSpaces)) {
      const { id } = space.values;
      if (typeof id === 'string' && !this.byId.has(id)) this.byId.set(id, space);
    }
  }

  all(type: string): readonly Resource[] {
    return this.byType.get(type) ?? [];
  }

  managed(type: string): Resource[] {
    return this.all(type).filter(({ managed }) => managed);
  }

  /** The resource that a value refers to, if it can't be another one. */
  only(value: Value | undefined, from: Resource): Resource | undefined {
    if (!certain(value)) return undefined;
    const [found, ...others] = this.find(value, from);
    return others.length === 0 ? found : undefined;
  }

  /** The resources that a value may refer to: one for an id or an exact reference. */
  find(value: Value | undefined, from?: Resource): Resource[] {
    if (typeof value === 'string') {
      const resource = this.byId.get(value);
      return resource === undefined ? [] : [resource];
    }
    if (!(value instanceof Unresolved)) return [];
    const found = value.references
      .filter(({ attribute }) => attribute === 'id' || !value.exact)
      .flatMap(({ stack, address }) => this.at(stack, address));
    return [...new Set(found)].filter(({ address }) => address !== from?.address);
  }

  /** The resource with the address, or else all instances of it. */
  private at(stack: string, address: string): readonly Resource[] {
    this.byPlace ??= new Map([
      ...grouped(this.resources, (one) => placeIn({ stack: one.stack, address: withoutLastKey(one.address) })),
      ...this.resources.map((one): [string, Resource[]] => [placeIn(one), [one]]),
    ]);
    return this.byPlace.get(placeIn({ stack, address })) ?? [];
  }
}

/** The spaces that a plural data source has found, as separate resources. */
function listedSpaces({ values, ...place }: Resource): Resource[] {
  return listOf(values.spaces)
    .filter(isObject)
    .map((space) => ({ ...place, managed: false, type: 'cloudfoundry_space', values: space }));
}
