/** `npm run provider:generate`: the schema as the real provider prints it, and the bindings that come from it. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command';
import type { Engine } from './engine';
import { REPOSITORY } from './platform';
import { endWithFailure, Progress } from './progress';
import { BOUND_PROVIDER, generateBindings, printSchema, type ProviderSchema, reduceSchema } from './provider-bindings';
import { type EnvironmentChange, withChange } from './providers';
import { setUpEngine } from './setup';

const SCHEMA = join(REPOSITORY, 'provider', 'schema.json');
const SOURCES = join(REPOSITORY, 'provider', 'src');

const CONFIGURATION = `terraform {
  required_providers {
    ${BOUND_PROVIDER.name} = {
      source  = "${BOUND_PROVIDER.namespace}/${BOUND_PROVIDER.name}"
      version = "${BOUND_PROVIDER.version}"
    }
  }
}
`;

/** Asks the provider, started by an engine, for its schema. */
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
  // The generator starts the engine as well, in this process's environment.
  process.env = withChange(process.env, env);
  const schema = await progress.step('schema', () => readSchema(engine, env));
  await writeFile(SCHEMA, printSchema(schema));
  const sources = await progress.step(
    'bindings',
    () => generateBindings(schema),
    (files) => `${files.size} files`,
  );
  await rm(SOURCES, { recursive: true, force: true });
  for (const [path, text] of sources) {
    await mkdir(dirname(join(SOURCES, path)), { recursive: true });
    await writeFile(join(SOURCES, path), text);
  }
}

if (require.main === module) main().catch(endWithFailure);
