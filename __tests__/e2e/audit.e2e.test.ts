/** The scheduled workflow, step by step, against the deployed recipe. */
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { REPOSITORY } from '../../tools/platform';
import { Checkout } from '../support/checkout';
import { runWorkflow, type JobEnd } from '../support/workflow';
import { Demo } from './support/demo';

jest.setTimeout(10 * 60_000);

describe('the scheduled audit', () => {
  let demo: Demo;
  let cloud: CloudFoundry;

  beforeAll(async () => {
    demo = await Demo.open();
    await demo.deploy();
    cloud = await CloudFoundry.login(accountFrom(demo.env));
  });

  async function audit(): Promise<JobEnd | undefined> {
    const config = Object.entries(demo.env).filter(([name]) => name.startsWith('EGRESS_'));
    const { CF_API_URL = '', CF_USER = '', CF_PASSWORD = '', HOME, PATH } = demo.env;
    const contexts = {
      inputs: {
        install: 'true',
        synth: 'node --require tsx/cjs main.ts',
        'space-egress': `node --require tsx/cjs ${REPOSITORY}/cli/space-egress.ts`,
      },
      vars: {
        CF_API_URL,
        EGRESS_APP_URL: demo.url('egress-demo', ''),
        EGRESS_CONFIG: [...config, ['CF_USER', CF_USER]].map((pair) => pair.join('=')).join('\n'),
      },
    };
    const { audit: end } = await runWorkflow('egress-audit.yml', contexts, {
      env: { HOME, PATH },
      secrets: { 'egress-audit': { CF_USER, CF_PASSWORD } },
      actions: {
        'actions/checkout': (_, workspace) => {
          new Checkout(workspace);
        },
        'actions/setup-node': () => undefined,
      },
    });
    return end;
  }

  const appGuid = async (space: string, name: string): Promise<string> => {
    const home = await cloud.spaceGuid('egress-demo', space);
    return (await cloud.one(`/v3/apps?names=${name}&space_guids=${home}`)).guid;
  };

  it('finds the platform as the code says, and packets as the platform says', async () => {
    const end = await audit();
    expect(end?.log).toContain('Audit: the platform is as the code says, in egress-demo/');
    expect(end?.log).toMatch(/^Verify: /m);
    expect([end?.result, end?.log]).toEqual(['success', end?.log]);
    expect(end?.outputs).toEqual({ outcome: 'as expected' });
  });

  it('fails on a policy that was created by hand, and sends its packets anyway', async () => {
    const policies = [
      {
        source: { id: await appGuid('public-egress', 'egress-proxy') },
        destination: { id: await appGuid('restricted', 'egress-demo'), protocol: 'tcp', ports: { start: 22, end: 22 } },
      },
    ];
    await cloud.post('/networking/v1/external/policies', { policies });
    try {
      const end = await audit();
      expect(end).toMatchObject({ result: 'failure', outputs: { outcome: 'not as expected' } });
      expect(end?.log).toContain('+ egress-proxy can connect to egress-demo on tcp 22');
      expect(end?.log).toMatch(/^Verify: /m);
    } finally {
      await cloud.post('/networking/v1/external/policies/delete', { policies });
    }
  });
});
