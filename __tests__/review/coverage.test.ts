import schema from '../../provider/schema.json';
import { attributesOf, COVERED_TYPES, meaningOf } from '../../review/coverage';

interface Block {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly block_types?: Readonly<Record<string, unknown>>;
}

const [provider] = Object.values(
  schema.provider_schemas as unknown as Record<
    string,
    { resource_schemas: Readonly<Record<string, { readonly block: Block }>> }
  >,
);
const types = Object.entries(provider?.resource_schemas ?? {}).map(
  ([type, { block }]) =>
    [type, [...Object.keys(block.attributes ?? {}), ...Object.keys(block.block_types ?? {})]] as const,
);

describe('the table of what each attribute means', () => {
  it('has each resource type of the provider’s schema, and no other', () => {
    expect([...COVERED_TYPES].sort()).toEqual(types.map(([type]) => type).sort());
  });

  it.each(types)('names each attribute of %s, and no other', (type, attributes) => {
    const record = ['id', 'created_at', 'updated_at', 'labels', 'annotations', 'last_operation', 'timeouts'];
    const own = attributes.filter((name) => ![...record, 'upgrade_available'].includes(name));
    expect([...attributesOf(type)].sort()).toEqual(own.sort());
  });

  it('takes an attribute that a later version adds, and a type that it does not know, for unknown', () => {
    expect(meaningOf('cloudfoundry_app', 'egress_gateway')).toEqual({ kind: 'unknown' });
    expect(meaningOf('cloudfoundry_egress_gateway', 'name')).toEqual({ kind: 'unknown' });
    expect(meaningOf('cloudfoundry_app', 'constructor')).toEqual({ kind: 'unknown' });
  });
});
