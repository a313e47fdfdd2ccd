/**
 * `npm run provider:schema`: the schema of the bound provider, as the real one prints it, from which bindings are
 * built.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command';
import type { Engine } from './engine';
import { REPOSITORY } from './platform';
import { endWithFailure, Progress } from './progress';
import { type EnvironmentChange, withChange } from './providers';
import { setUpEngine } from './setup';

/** The provider whose bindings the workspace `provider/` builds. */
export const BOUND_PROVIDER = { namespace: 'cloudfoundry', name: 'cloudfoundry', version: '1.16.0' } as const;

// The generator and cdktf look providers up under Terraform's own registry, whichever engine printed the schema.
const QUALIFIED_NAME = `registry.terraform.io/${BOUND_PROVIDER.namespace}/${BOUND_PROVIDER.name}`;

const CONFIGURATION = `terraform {
  required_providers {
    ${BOUND_PROVIDER.name} = {
      source  = "${BOUND_PROVIDER.namespace}/${BOUND_PROVIDER.name}"
      version = "${BOUND_PROVIDER.version}"
    }
  }
}
`;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

/** The output of `terraform providers schema -json` or `tofu providers schema -json`, reduced to what bindings need. */
export interface ProviderSchema {
  readonly format_version: string;
  readonly provider_schemas: Record<string, JsonObject>;
  readonly provider_versions: Record<string, string>;
}

const SCHEMA_PARTS = ['data_source_schemas', 'provider', 'resource_schemas'] as const;

// Their keys are names that the provider's author chose: an attribute named "description" isn't a description.
const MAPS_BY_NAME: ReadonlySet<string> = new Set([
  'attributes',
  'block_types',
  'data_source_schemas',
  'resource_schemas',
]);

const DESCRIPTIONS: ReadonlySet<string> = new Set(['description', 'description_kind']);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function withoutDescriptions(value: Json, keysAreNames: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => withoutDescriptions(item, false));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => keysAreNames || !DESCRIPTIONS.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, withoutDescriptions(child, !keysAreNames && MAPS_BY_NAME.has(key))]),
  );
}

/**
 * The committed form of a printed schema: without descriptions, with sorted keys and one name for the provider.
 * Terraform and OpenTofu print different registry hosts, and OpenTofu prints more sections; both give the same result
 * here.
 */
export function reduceSchema(printed: string): ProviderSchema {
  const { format_version: formatVersion, provider_schemas: schemas } = JSON.parse(printed) as JsonObject;
  const suffix = `/${BOUND_PROVIDER.namespace}/${BOUND_PROVIDER.name}`;
  const found = Object.entries(isObject(schemas) ? schemas : {}).find(([name]) => name.endsWith(suffix))?.[1];
  if (!isObject(found) || typeof formatVersion !== 'string') {
    throw new Error(`no provider "${suffix.slice(1)}" in the schema; is it in the configuration's required_providers?`);
  }
  const parts = SCHEMA_PARTS.map((part) => [part, withoutDescriptions(found[part] ?? {}, MAPS_BY_NAME.has(part))]);
  return {
    format_version: formatVersion,
    provider_schemas: { [QUALIFIED_NAME]: Object.fromEntries(parts) as JsonObject },
    provider_versions: { [QUALIFIED_NAME]: BOUND_PROVIDER.version },
  };
}

export const printSchema = (schema: ProviderSchema): string => `${JSON.stringify(schema, undefined, 1)}\n`;

/** Reads the schema from the provider, which an engine starts. */
export async function readSchema(engine: Pick<Engine, 'path'>, change: EnvironmentChange): Promise<ProviderSchema> {
  const cwd = await mkdtemp(join(tmpdir(), 'provider-schema-'));
  try {
    const env = withChange(process.env, change);
    await writeFile(join(cwd, 'main.tf'), CONFIGURATION);
    await run(engine.path, ['init', '-no-color', '-input=false'], { cwd, env });
    return reduceSchema(await run(engine.path, ['providers', 'schema', '-json'], { cwd, env }));
  } finally {
    await rm(cwd, { recursive: true });
  }
}

async function main(): Promise<void> {
  const progress = new Progress();
  const { engine, env } = await setUpEngine(progress);
  const schema = await progress.step('schema', () => readSchema(engine, env));
  await writeFile(join(REPOSITORY, 'provider', 'schema.json'), printSchema(schema));
}

if (require.main === module) main().catch(endWithFailure);
