import schema from '../../../provider/schema.json';

type Type = string | readonly [kind: string, of: unknown];

export interface Attribute {
  readonly type?: Type;
  readonly nested_type?: { readonly attributes: Readonly<Record<string, Attribute>>; readonly nesting_mode: string };
  readonly computed?: boolean;
}

interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, { readonly nesting_mode: string; readonly block: Block }>>;
}

const [provider] = Object.values(
  schema.provider_schemas as unknown as Record<
    string,
    { resource_schemas: Readonly<Record<string, { block: Block }>> }
  >,
);

/** The attributes of each resource type of the provider; blocks are attributes that contain others. */
export const RESOURCE_TYPES: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = Object.fromEntries(
  Object.entries(provider?.resource_schemas ?? {}).map(([type, { block }]) => [type, attributesOf(block)]),
);

function attributesOf({ attributes = {}, block_types: blocks = {} }: Block): Record<string, Attribute> {
  const nested = Object.entries(blocks).map(([name, { nesting_mode, block }]): [string, Attribute] => [
    name,
    { nested_type: { attributes: attributesOf(block), nesting_mode } },
  ]);
  return { ...attributes, ...Object.fromEntries(nested) };
}

/** `processes`, `processes.memory`, ...: each attribute, and each nested one. */
export function pathsOf(attributes: Readonly<Record<string, Attribute>>, prefix = ''): string[] {
  return Object.entries(attributes).flatMap(([name, { nested_type: nested }]) => [
    `${prefix}${name}`,
    ...(nested === undefined ? [] : pathsOf(nested.attributes, `${prefix}${name}.`)),
  ]);
}
