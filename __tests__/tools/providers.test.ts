import { readFileSync } from 'node:fs';
import { Cache } from '../../tools/cache';
import { cliConfig, engineEnvironment, withChange } from '../../tools/providers';
import { temporaryFolder } from '../support/temporary-folder';

const mirrored = { provider: 'cloudfoundry/cloudfoundry', version: '1.16.0', mirror: '/cache/mirror' };
const fromRegistry = { provider: 'kreuzwerker/docker', version: '4.5.0' };

test('a mirror serves its provider to both engines, and all other providers come from their registries', () => {
  const addresses =
    '["registry.terraform.io/cloudfoundry/cloudfoundry", "registry.opentofu.org/cloudfoundry/cloudfoundry"]';
  expect(cliConfig([mirrored, fromRegistry])).toBe(`provider_installation {
  filesystem_mirror {
    path    = "/cache/mirror"
    include = ${addresses}
  }
  direct {
    exclude = ${addresses}
  }
}
`);
});

test('without a mirror, the configuration is empty, so that the engine uses its defaults', () => {
  expect(cliConfig([fromRegistry])).toBe('');
});

test("quotes in a path don't end it", () => {
  expect(cliConfig([{ ...mirrored, mirror: '/a"b' }])).toContain('path    = "/a\\"b"');
});

test('the environment overrides variables that point nowhere or enable a plugin cache', async () => {
  const root = temporaryFolder();
  const change = await engineEnvironment({ name: 'tofu', path: '/bin/tofu' }, [mirrored], new Cache(root));
  const env = withChange({ TF_CLI_CONFIG_FILE: '/gone', TF_PLUGIN_CACHE_DIR: '/plugins', HOME: '/home/a' }, change);
  expect(env).toEqual({
    HOME: '/home/a',
    TERRAFORM_BINARY_NAME: '/bin/tofu',
    TF_CLI_CONFIG_FILE: expect.stringContaining(root) as string,
    CHECKPOINT_DISABLE: '1',
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
  });
  expect(readFileSync(env.TF_CLI_CONFIG_FILE ?? '', 'utf8')).toBe(cliConfig([mirrored]));
});
