import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { printSchema, type ProviderSchema, reduceSchema } from '../../tools/provider-schema';

const LIBRARY = join(REPOSITORY, 'provider', 'lib');
const schemaText = readFileSync(join(REPOSITORY, 'provider', 'schema.json'), 'utf8');

/** A printed schema with one resource that has an attribute with this name. */
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

test('each resource and data source of the schema has its bindings, and nothing else has', () => {
  const { provider_schemas: schemas } = JSON.parse(schemaText) as ProviderSchema;
  const named = (section: string, prefix: string): string[] =>
    Object.values(schemas).flatMap((provider) =>
      Object.keys(provider[section] as object).map(
        (type) => prefix + type.replace(/^cloudfoundry_/, '').replaceAll('_', '-'),
      ),
    );
  const folders = readdirSync(LIBRARY, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(
    ['provider', ...named('resource_schemas', ''), ...named('data_source_schemas', 'data-cloudfoundry-')].sort(),
  );
});

test('the committed schema is formatted, so a change of the provider is a line in the diff', () => {
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

test('a schema without the provider is refused with the name that was expected', () => {
  expect(() => reduceSchema('{"format_version":"1.0","provider_schemas":{}}')).toThrow(
    'no provider "cloudfoundry/cloudfoundry" in the schema',
  );
});
