import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { COMMUNITY_SCHEMA, COMMUNITY_WORLD } from './support/community';
import { plan, planFile } from './support/plan';
import {
  pathsOf,
  RESOURCE_TYPES,
  type Attribute,
  IDS,
  VALUES,
  type Values,
  SILENT_WORLD,
} from './support/silent-world';
import { drawn } from '../support/laws';
import { COMMUNITY } from '../../review/community';
import { attributesOf, COVERED_TYPES, isLookedInto, meaningOf, tableType } from '../../review/coverage';
import { plain } from '../../review/phrase';
import { reviewPlans } from '../../review/review';

const EVERYWHERE = [
  'id',
  'created_at',
  'updated_at',
  'labels',
  'annotations',
  'last_operation',
  'timeouts',
  'upgrade_available',
];

describe('the table of what each attribute means', () => {
  it('covers each resource type of the provider’s schema', () => {
    expect(COVERED_TYPES).toEqual(expect.arrayContaining(Object.keys(RESOURCE_TYPES)));
  });

  it.each(Object.keys(RESOURCE_TYPES))(
    'covers each attribute of %s, including nested ones that it examines',
    (type) => {
      const paths = pathsOf(RESOURCE_TYPES[type] ?? {}).filter((path) => {
        const [outer = '', inner] = path.split('.');
        return !EVERYWHERE.includes(outer) && (inner === undefined || isLookedInto(type, outer));
      });
      expect(paths.filter((path) => !attributesOf(type).includes(path))).toEqual([]);
    },
  );

  it('examines each attribute of the model that has nested ones', () => {
    const closed = Object.entries(RESOURCE_TYPES).flatMap(([type, attributes]) =>
      Object.entries(attributes)
        .filter(([name, { nested_type: nested }]) => nested !== undefined && meaningOf(type, name).kind === 'modelled')
        .filter(([name]) => !isLookedInto(type, name))
        .map(([name]) => `${type}.${name}`),
    );
    expect(closed).toEqual([]);
  });

  it('treats attributes of later versions and unlisted types as unknown', () => {
    expect(meaningOf('cloudfoundry_app', 'egress_gateway')).toEqual({ kind: 'unknown' });
    expect(meaningOf('cloudfoundry_egress_gateway', 'name')).toEqual({ kind: 'unknown' });
    expect(meaningOf('cloudfoundry_app', 'constructor')).toEqual({ kind: 'unknown' });
  });
});

/** Attributes that the platform computes again when another attribute changes. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  domain: ['url', 'endpoint', 'name'],
  sub_domain: ['name'],
  host: ['url'],
  hostname: ['endpoint'],
  path: ['url', 'endpoint'],
};

/** A provider, and resources of each of its types, one of which has the form that the model expects. */
interface Law {
  readonly provider: string;
  readonly types: Readonly<Record<string, Readonly<Record<string, Attribute>>>>;
  readonly world: Readonly<Record<string, Values>>;
}

/**
 * The law of silence: a change of any single attribute of any resource of the provider is a difference in reach, an
 * unknown row, or harmless according to the table.
 */
function lawOfSilence({ provider, types: RESOURCE_TYPES, world: WORLD }: Law): void {
  const PROVIDER = `registry.terraform.io/${provider}`;

  /** The rows of a review in which only these attributes of one resource in the world change. */
  function rowsOf(address: string, ...values: readonly (readonly [path: string, value: unknown])[]): string[] {
    const changes = Object.entries(WORLD).map(([each, before]) => {
      if (each !== address) return { address: each, provider: PROVIDER, before, after: before };
      const later = values.flatMap(([path]) => FOLLOWS[path] ?? []).filter((name) => name in before);
      const type = each.split('.')[0] ?? '';
      const whole = values.reduce((old, [path, value]) => changed(type, old, path, value), before);
      const after = Object.entries(whole).filter(([name]) => !later.includes(name));
      return {
        address: each,
        provider: PROVIDER,
        before,
        after: Object.fromEntries(after),
        unknown: Object.fromEntries(later.map((name) => [name, true])),
      };
    });
    // As if read from a file, because objects from fast-check have no prototype.
    const json = JSON.parse(JSON.stringify(plan(changes))) as unknown;
    const { opens = [], closes = [], unknown = [] } = reviewPlans([planFile(json)]).environments[0] ?? {};
    return [...opens, ...closes, ...unknown].map(
      ({ verdict, way, who, what }) => `${verdict} ${way} ${who.join()} ${plain(what)}`,
    );
  }

  const ofType = (type: string): string[] => Object.keys(WORLD).filter((address) => address.startsWith(`${type}.`));

  /** Another value for an attribute, valid by the schema and for the platform. */
  function another(path: string, attribute: Attribute): fc.Arbitrary<unknown> {
    const known = VALUES[path] ?? VALUES[path.split('.').at(-1) ?? ''];
    if (known !== undefined) return known;
    const { type, nested_type: nested } = attribute;
    if (nested !== undefined) {
      const one = fc.record(
        Object.fromEntries(
          Object.entries(nested.attributes).map(([name, inner]) => [name, another(`${path}.${name}`, inner)]),
        ),
      );
      return nested.nesting_mode === 'single' ? one : fc.array(one, { minLength: 1, maxLength: 2 });
    }
    if (type === 'bool') return fc.boolean();
    if (type === 'number') return fc.integer({ min: 1, max: 1024 });
    if (type === 'string') return fc.string({ minLength: 1 });
    const [kind] = type as [string, unknown];
    if (kind === 'map') return fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { minKeys: 1 });
    return fc.uniqueArray(fc.constantFrom(...Object.values(IDS)), { minLength: 1, maxLength: 3 });
  }

  /** The resource with another value at the path; in a list, in its first member. */
  function changed(type: string, values: Values, path: string, value: unknown): Values {
    const [outer = '', inner] = path.split('.');
    const isSeveral = ['list', 'set'].includes(RESOURCE_TYPES[type]?.[outer]?.nested_type?.nesting_mode ?? '');
    if (inner === undefined) return { ...values, [outer]: value };
    const held = values[outer];
    if (held === undefined && isSeveral) return { ...values, [outer]: [{ [inner]: value }] };
    if (!Array.isArray(held)) return { ...values, [outer]: { ...(held as Values), [inner]: value } };
    const [first, ...rest] = held as Values[];
    return { ...values, [outer]: [{ ...first, [inner]: value }, ...rest] };
  }

  function valueAt(values: Values, path: string): unknown {
    const [outer = '', inner] = path.split('.');
    const held = values[outer];
    return inner === undefined ? held : ((Array.isArray(held) ? held[0] : held) as Values | undefined)?.[inner];
  }

  const attributes = Object.entries(RESOURCE_TYPES).flatMap(([type, all]) =>
    pathsOf(all)
      // Deeper attributes are part of the one that contains them.
      .filter((path) => path.split('.').length <= 2)
      .map((path) => {
        const [outer = '', inner] = path.split('.');
        const attribute = inner === undefined ? all[outer] : all[outer]?.nested_type?.attributes[inner];
        return { type, path, attribute: attribute as Attribute };
      }),
  );

  const meaning = (resourceType: string, path: string) => {
    const type = tableType({ type: resourceType, provider });
    const outer = meaningOf(type, path.split('.')[0] ?? '');
    return path.includes('.') && outer.kind !== 'modelled' ? outer : meaningOf(type, path);
  };

  describe('no single attribute changes in silence', () => {
    it('in a world that has a resource of each type, and whose review has no rows if nothing changes', () => {
      expect(Object.keys(RESOURCE_TYPES).filter((type) => ofType(type).length === 0)).toEqual([]);
      const [some = ''] = Object.keys(WORLD);
      expect(rowsOf(some)).toEqual([]);
    });

    const speaking = attributes.filter(({ type, path }) => meaning(type, path).kind !== 'harmless');
    it.each(speaking)('$type: $path shows', ({ type, path, attribute }) => {
      fc.assert(
        fc.property(another(path, attribute), (value) => {
          const differs = ofType(type).filter(
            (address) => !isDeepStrictEqual(valueAt(WORLD[address] ?? {}, path), value),
          );
          // It must matter in one of the world's resources, unless one already has that value.
          return (
            differs.length < ofType(type).length || differs.some((address) => rowsOf(address, [path, value]).length > 0)
          );
        }),
        { ...drawn(1), ignoreEqualValues: true },
      );
    });

    // Others refer to a resource by its id, which nobody can change.
    const silent = attributes.filter(({ type, path }) => path !== 'id' && meaning(type, path).kind === 'harmless');
    it.each([...new Set(silent.map(({ type }) => type))])('%s: what is harmless says nothing', (type) => {
      const all = silent.filter((one) => one.type === type);
      fc.assert(
        fc.property(fc.tuple(...all.map(({ path, attribute }) => another(path, attribute))), (values) => {
          for (const address of ofType(type)) {
            // A change within a list that isn't there would add a member, which is a different change.
            const there = all
              .map(({ path }, place) => [path, values[place]] as const)
              .filter(([path]) => !path.includes('.') || (path.split('.')[0] ?? '') in (WORLD[address] ?? {}));
            expect(rowsOf(address, ...there)).toEqual([]);
          }
        }),
        drawn(2),
      );
    });
  });
}

lawOfSilence({ provider: 'cloudfoundry/cloudfoundry', types: RESOURCE_TYPES, world: SILENT_WORLD });

lawOfSilence({ provider: COMMUNITY, types: COMMUNITY_SCHEMA, world: COMMUNITY_WORLD });
