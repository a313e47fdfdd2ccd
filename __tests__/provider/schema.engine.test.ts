import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_NAMES, ensureEngine } from '../../tools/engine';
import { REPOSITORY } from '../../tools/platform';
import { printSchema, readSchema } from '../../tools/provider-schema';
import { engineEnvironment, ensureProviders } from '../../tools/providers';
import { testUnder } from '../support/engines';

const MINUTES = 60_000;

for (const name of ENGINE_NAMES) {
  // OpenTofu can be built anywhere; Terraform must be installed.
  const testHere = testUnder(name);
  testHere(
    `the committed schema is what the real provider prints under ${name}`,
    async () => {
      const engine = await ensureEngine(name);
      const env = await engineEnvironment(engine, await ensureProviders(name));
      const committed = readFileSync(join(REPOSITORY, 'provider', 'schema.json'), 'utf8');
      expect(printSchema(await readSchema(engine, env))).toBe(committed);
    },
    10 * MINUTES,
  );
}
