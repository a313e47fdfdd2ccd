import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tools/command';
import { ENGINE_NAMES, ensureEngine } from '../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../tools/providers';
import { testUnder } from '../support/engines';
import { temporaryFolder } from '../support/temporary-folder';

const MINUTES = 60_000;

const CONFIGURATION = `terraform {
  required_providers {
    cloudfoundry = {
      source  = "cloudfoundry/cloudfoundry"
      version = "~> 1.16.0"
    }
    docker = {
      source  = "kreuzwerker/docker"
      version = ">= 3.6.2"
    }
  }
}
`;

for (const name of ENGINE_NAMES) {
  const testHere = testUnder(name);
  testHere(
    `${name} init has both providers, without a word about the configuration`,
    async () => {
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, 'main.tf'), CONFIGURATION);
      const engine = await ensureEngine(name);
      const providers = await ensureProviders(name);
      const broken = {
        ...process.env,
        TF_CLI_CONFIG_FILE: '/gone/terraformrc',
        TF_PLUGIN_CACHE_DIR: '/gone/plugins',
      };
      // A proxy that refuses everything: with mirrored providers, nothing must be requested from the network.
      const offline = providers.every(({ mirror }) => mirror !== undefined)
        ? { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' }
        : {};
      const env = withChange({ ...broken, ...offline }, await engineEnvironment(engine, providers));
      const output = await run(engine.path, ['init', '-no-color', '-input=false'], { cwd, env });
      expect(output).not.toMatch(/CLI configuration/);
      const [registry] = readdirSync(join(cwd, '.terraform', 'providers'));
      expect(readdirSync(join(cwd, '.terraform', 'providers', registry ?? '')).sort()).toEqual([
        'cloudfoundry',
        'kreuzwerker',
      ]);
    },
    10 * MINUTES,
  );
}
