import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { generateBindings, printSchema, type ProviderSchema, reduceSchema } from '../../tools/provider-bindings';

const SOURCES = join(REPOSITORY, 'provider', 'src');
const schemaText = readFileSync(join(REPOSITORY, 'provider', 'schema.json'), 'utf8');

function committedSources(): Map<string, string> {
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(SOURCES, path), readFileSync(path, 'utf8')] as const),
  );
}

// The generator's packages start an engine when they are loaded; this test needs none.
process.env.TERRAFORM_BINARY_NAME = 'true';

/** A printed schema with one resource that has an attribute of that very name. */
const printedBy = (registry: string, more: object = {}): string =>
  JSON.stringify({
    format_version: '1.0',
    provider_schemas: {
      [`${registry}/cloudfoundry/cloudfoundry`]: {
        resource_schemas: {
          cloudfoundry_buildpack: {
            version: 0,
            block: {
              description: 'a text',
              description_kind: 'plain',
              attributes: { description: { type: 'string', optional: true, description: 'a text' } },
            },
          },
        },
        provider: { version: 0, block: { description: 'a text' } },
        ...more,
      },
    },
  });

test('the committed bindings are, byte for byte, what the generator makes of the committed schema', async () => {
  const generated = await generateBindings(JSON.parse(schemaText) as ProviderSchema);
  expect([...generated.keys()].sort()).toEqual([...committedSources().keys()].sort());
  for (const [path, text] of committedSources()) expect({ path, text }).toEqual({ path, text: generated.get(path) });
});

test('the committed schema is in its printed form, so that a change of the provider is a change of lines', () => {
  expect(schemaText).toBe(printSchema(JSON.parse(schemaText) as ProviderSchema));
});

test('a reduced schema loses description texts and keeps an attribute called description', () => {
  const schema = reduceSchema(printedBy('registry.terraform.io'));
  expect(schema.provider_schemas['registry.terraform.io/cloudfoundry/cloudfoundry']).toEqual({
    data_source_schemas: {},
    provider: { block: {}, version: 0 },
    resource_schemas: {
      cloudfoundry_buildpack: {
        block: { attributes: { description: { optional: true, type: 'string' } } },
        version: 0,
      },
    },
  });
});

test('what OpenTofu prints reduces to what Terraform prints', () => {
  const terraform = printSchema(reduceSchema(printedBy('registry.terraform.io')));
  const tofu = printSchema(reduceSchema(printedBy('registry.opentofu.org', { resource_identity_schemas: { a: {} } })));
  expect(tofu).toBe(terraform);
});

test('a schema without the provider is refused with the name that was looked for', () => {
  expect(() => reduceSchema('{"format_version":"1.0","provider_schemas":{}}')).toThrow(
    'no provider "cloudfoundry/cloudfoundry" in the schema',
  );
});
