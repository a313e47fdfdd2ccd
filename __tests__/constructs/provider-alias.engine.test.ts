import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { LocalBackend, type TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace } from '../../constructs';
import type { Json } from '@space-egress/foundation/testing';
import { EngineOnFoundation, testUnder } from '../support/engines';
import { synthStack } from '../support/synth';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(300_000);

/** A proxy with a client; only the list differs. */
function deployed(stack: TerraformStack, name: string, { foundation }: EngineOnFoundation): void {
  const { url, credentials } = foundation.service;
  const { username: user, password } = credentials.deployer;
  const provider = new CloudfoundryProvider(stack, name, { alias: name, apiUrl: url, user, password });
  const at = { orgName: 'egress-demo', deployers: [user], provider };
  const proxy = new EgressProxy(stack, `Proxy-${name}`, {
    space: new EgressSpace(stack, `Outside-${name}`, { ...at, spaceName: 'outside', egress: Egress.PUBLIC }),
    name: 'proxy',
    source: AppSource.image('registry.example/proxy:1'),
    allow: [Destination.host(`${name}.example.gov`)],
  });
  new Application(stack, `Web-${name}`, {
    space: new EgressSpace(stack, `Inside-${name}`, { ...at, spaceName: 'inside' }),
    name: 'web',
    source: AppSource.image('registry.example/web:1'),
  }).useProxy(proxy);
}

testUnder('terraform')('one stack deploys the same to two foundations, each by a provider with an alias', async () => {
  const east = await EngineOnFoundation.start('terraform');
  const west = await EngineOnFoundation.start('terraform');
  const folder = temporaryFolder();
  try {
    const { text } = synthStack((stack) => {
      // Relative to where the engine runs, not to where the program does.
      new LocalBackend(stack, { path: 'terraform.tfstate' });
      deployed(stack, 'east', east);
      deployed(stack, 'west', west);
    });
    writeFileSync(join(folder, 'main.tf.json'), text);
    await east.run(folder, 'init', '-input=false');
    await east.run(folder, 'apply', '-auto-approve', '-input=false');
    expect(await east.run(folder, 'plan', '-input=false')).toContain('No changes.');
    for (const [name, { foundation }] of [['east', east] as const, ['west', west] as const]) {
      const { admin } = foundation;
      const [proxy, web] = [await admin.find('/v3/apps?names=proxy'), await admin.find('/v3/apps?names=web')];
      const { body } = await admin.get(`/v3/apps/${proxy}/environment_variables`);
      expect((body['var'] as Json)['EGRESS_ALLOW']).toBe(`${name}.example.gov:443`);
      const { body: policies } = await admin.get('/networking/v1/external/policies');
      expect(policies['policies']).toEqual([
        expect.objectContaining({ source: { id: web }, destination: expect.objectContaining({ id: proxy }) as object }),
      ]);
    }
    await east.run(folder, 'destroy', '-auto-approve', '-input=false');
  } finally {
    await Promise.all([east, west].map(({ foundation }) => foundation.close()));
  }
});
