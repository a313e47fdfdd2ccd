// Writes the TypeScript of the bindings, as `cdktf get` would for the provider whose schema is in schema.json.
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Fills a folder that exists with `index.ts` and a folder for each resource and data source. */
export async function generateSources(schemaFile, folder) {
  // As soon as the generator is loaded it asks the engine for its version and reports its use. It needs no engine.
  process.env.CHECKPOINT_DISABLE = '1';
  process.env.TERRAFORM_BINARY_NAME = 'true';
  const { CodeMaker, TerraformProviderConstraint, TerraformProviderGenerator } =
    await import('@cdktf/provider-generator');
  const { ConstructsMakerProviderTarget, LANGUAGES } = await import('@cdktf/commons');
  const schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
  const [[source, version]] = Object.entries(schema.provider_versions);
  const [, namespace, name] = source.split('/');
  const constraint = new TerraformProviderConstraint({
    namespace,
    name,
    source: `${namespace}/${name}`,
    // Patch releases only: the constructs handle this provider's quirks, and a minor release may change them.
    version: `~> ${version}`,
  });
  const generator = new TerraformProviderGenerator(new CodeMaker(), schema);
  generator.generate(new ConstructsMakerProviderTarget(constraint, LANGUAGES[0]));
  await generator.save(folder);
  const made = join(folder, 'providers', name);
  for (const entry of readdirSync(made)) {
    // The build makes an index of its own, in a form that Node.js and TypeScript both understand.
    if (entry !== 'lazy-index.ts') renameSync(join(made, entry), join(folder, entry));
  }
  for (const left of ['providers', 'versions.json']) rmSync(join(folder, left), { recursive: true, force: true });
}
