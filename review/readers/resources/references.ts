import { grouped } from '../../model/maps';
import { listOf, isObject, Unresolved, type Resource, type Value } from '../values';
import { certain } from './unknowns';

/** The resources of a plan or a tree, found by their types, their ids, and what refers to them. */
export class References {
  private readonly byAddress = new Map<string, Resource>();
  private readonly instances = new Map<string, Resource[]>();
  private readonly byId = new Map<string, Resource>();
  private readonly byType: ReadonlyMap<string, Resource[]>;

  constructor(readonly resources: readonly Resource[]) {
    this.byType = grouped(resources, ({ type }) => type);
    for (const resource of resources) {
      this.byAddress.set(`${resource.stack} ${resource.address}`, resource);
      const base = `${resource.stack} ${resource.address.replace(/\[[^\]]*\]$/, '')}`;
      this.instances.set(base, [...(this.instances.get(base) ?? []), resource]);
      // A deployment of the older provider beside the old instances gives the application another id.
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

  /** The resource that a value names, where it can't be another one. */
  only(value: Value | undefined, from: Resource): Resource | undefined {
    if (!certain(value)) return undefined;
    const [found, ...others] = this.find(value, from);
    return others.length === 0 ? found : undefined;
  }

  /** The resources that a value may name: one for an id or an exact reference. */
  find(value: Value | undefined, from?: Resource): Resource[] {
    if (typeof value === 'string') {
      const resource = this.byId.get(value);
      return resource === undefined ? [] : [resource];
    }
    if (!(value instanceof Unresolved)) return [];
    const found = value.references
      .filter(({ attribute }) => attribute === 'id' || !value.exact)
      .flatMap(({ stack, address }) => {
        const exact = this.byAddress.get(`${stack} ${address}`);
        return exact === undefined ? (this.instances.get(`${stack} ${address}`) ?? []) : [exact];
      });
    return [...new Set(found)].filter(({ address }) => address !== from?.address);
  }
}

/** The spaces that a plural data source has found, each as one of its own. */
function listedSpaces({ values, ...place }: Resource): Resource[] {
  return listOf(values.spaces)
    .filter(isObject)
    .map((space) => ({ ...place, managed: false, type: 'cloudfoundry_space', values: space }));
}
