import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { printStory } from '../../cli/deploy-log/story';
import { readStory } from '../../cli/deploy-log/read';
import { readConfig } from '../../config';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo } from './support/demo';

jest.setTimeout(10 * 60_000);

test("an invalid list is reported in the proxy's own words, and the old instance continues", async () => {
  const demo = await Demo.open();
  await demo.deploy();
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { org, publicSpace } = readConfig(demo.env);
  const app = await cloud.appGuid(org, publicSpace, 'egress-proxy');
  const variables = `/v3/apps/${app}/environment_variables`;
  const { var: before } = (await cloud.get(variables)) as { var: Record<string, string> };
  // The provider leaves variables that a deploy removed in running instances.
  const { pending: left = [] } = await readStory(cloud, 'egress-proxy', app);
  const kept = [...left, 'EGRESS_ALLOW'].sort();

  await cloud.patch(variables, { var: { EGRESS_ALLOW: 'https://www.example.com/' } });
  const deployment = await cloud.post('/v3/deployments', { relationships: { app: { data: { guid: app } } } });
  try {
    let story = await readStory(cloud, 'egress-proxy', app);
    await waitFor(async () => {
      story = await readStory(cloud, 'egress-proxy', app);
      return story.endings.length > 0 && story.lines.length > 0;
    }, 'the new instance to end');
    expect(printStory(story)).toEqual([
      expect.stringMatching(/^egress-proxy: the deployment of \S+ \(revision \d+\) is failing: its new instance/),
      expect.stringMatching(
        /^ {2}instance 0 has crashed (once|\d+ times), last at \S+: APP\/PROC\/WEB: Exited with status [1-9]\d*$/,
      ),
      '  its last lines:',
      expect.stringMatching(/^ {4}.*EGRESS_ALLOW.*https:\/\/www\.example\.com\//),
      ...story.lines.slice(1).map((line) => `    ${line}`),
      '  2 of 2 old instances keep running.',
      expect.stringContaining(`  The application keeps the new environment (${kept.join(', ')}): `),
      expect.stringContaining('Correct it and deploy again.'),
    ]);
    const answer =
      "curl -s -o /dev/null -w '%{http_code}' -x http://egress-proxy.apps.internal:3128 http://www.example.com/";
    expect(await demo.inside('egress-demo', ['bash', '-c', answer])).toBe('200');
  } finally {
    await cloud.post(`/v3/deployments/${deployment.guid}/actions/cancel`, {});
    await cloud.patch(variables, { var: before });
  }
  expect((await demo.stack.plan()).changes).toBe(false);
});
