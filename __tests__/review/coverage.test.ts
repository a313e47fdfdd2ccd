import { attributesOf, COVERED_TYPES, isLookedInto, meaningOf } from '../../review/coverage';
import { pathsOf, RESOURCE_TYPES } from './support/schema';

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
