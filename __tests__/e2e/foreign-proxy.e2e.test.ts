import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as foundation from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { printStory } from '../../cli/deploy-log/story';
import { readStory } from '../../cli/deploy-log/read';
import { awaitInstances, describe as told, NotRunning } from '../../cli/instances';
import { localOptions, outputsOf } from '../../cli/verify/options';
import { printRows } from '../../cli/verify/result';
import { verify } from '../../cli/verify/verify';
import { readConfig } from '../../config';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo } from './support/demo';
import { temporaryFolder } from '../support/temporary-folder';

jest.setTimeout(10 * 60_000);

/** It listens on the proxy's ports, and answers every request with the same page, even the health check. */
const DOCKERFILE = `FROM debian:bookworm-slim
COPY server.pl /
EXPOSE 3128
USER 13:13
ENTRYPOINT ["perl", "/server.pl"]
`;
const SERVER = `use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
$SIG{TERM} = sub { exit 0 };
my $listener = IO::Socket::INET->new(LocalPort => 3128, Listen => 64, ReuseAddr => 1) or die $!;
while (my $client = $listener->accept) {
  next if fork;
  while (<$client>) { last if /^\\r?\\n$/ }
  print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n";
  exit 0;
}
`;

let demo: Demo;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'Dockerfile'), DOCKERFILE);
  writeFileSync(join(folder, 'server.pl'), SERVER);
  demo = await Demo.open();
  await demo.deploy();
  const own = '{ repository: `${registry}/egress-proxy` }';
  demo.edit([own, `{ repository: \`\${registry}/some-proxy\`, folder: ${JSON.stringify(folder)} }`]);
});

afterAll(async () => {
  demo.restore();
  await demo.deploy();
});

test('verify reports one that passes the health check but reads no list', async () => {
  await demo.deploy();
  const options = await localOptions(demo.env, readConfig(demo.env), outputsOf(await demo.stack.outputs()), foundation);
  const rows = await verify(options);
  expect(rows.filter(({ ok }) => !ok).map(({ number }) => number)).toEqual(expect.arrayContaining([2, 4, 5, 7]));
  expect(printRows(rows, 120).slice(-2)).toEqual([
    'Hosts that are not listed were answered with 200, never with 407, so this is not the proxy',
    'of this project, and nothing reads EGRESS_ALLOW: build an image from the folder squid and give it to EgressProxy.',
  ]);
});

test('npm start and deploy-log name one that fails the health check, with what the check requests', async () => {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { org, publicSpace } = readConfig(demo.env);
  const space = await cloud.spaceGuid(org, publicSpace);
  const name = 'silent-proxy';
  const proxy = await cloud.appGuid(org, publicSpace, 'egress-proxy');
  const source = await cloud.get(`/v3/apps/${proxy}/droplets/current`);
  const process = {
    type: 'web',
    memory: '64M',
    command: 'exec sleep 600',
    timeout: 2,
    'health-check-type': 'http',
    'health-check-http-endpoint': PROXY_HEALTH,
  };
  await cloud.applyManifest(space, { applications: [{ name, docker: { image: source.image }, processes: [process] }] });
  const app = await cloud.appGuid(org, publicSpace, name);
  try {
    const relationships = { app: { data: { guid: app } } };
    const droplet = await cloud.post(`/v3/droplets?source_guid=${String(source.guid)}`, { relationships });
    await cloud.until(`/v3/droplets/${droplet.guid}`, ({ state }) => state === 'STAGED');
    await cloud.patch(`/v3/apps/${app}/relationships/current_droplet`, { data: { guid: droplet.guid } });
    await cloud.post(`/v3/apps/${app}/actions/start`, {});
    let story = await readStory(cloud, name, app);
    await waitFor(async () => {
      story = await readStory(cloud, name, app);
      return story.endings.length > 0;
    }, 'the instance to be given up');
    const advice = [
      `Its health check asks for ${PROXY_HEALTH}, which only this project's proxy answers.`,
      `If '${String(source.image)}' is not from this project, or is older than the check, build one from the folder squid and give it to EgressProxy.`,
    ];
    expect(printStory(story)).toEqual(expect.arrayContaining(advice.map((line) => `  ${line}`)));
    const failure = await awaitInstances(cloud, [space]).catch((error: unknown) => error);
    expect((failure as NotRunning).troubles.map((trouble) => told(trouble).split('\n').slice(-2))).toEqual([advice]);
  } finally {
    await cloud.delete(`/v3/apps/${app}`);
  }
});
