import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyCommand } from '../../../cli/verify/command';
import { verify as verifyDeployment } from '../../../cli/verify/verify';
import { Stage } from '../../app/support/stage';
import { runCommand } from '../../review/support/command';

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? setImmediate(resolve));
  server = undefined;
});

async function serving(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const verify = (url: string) => runCommand(verifyCommand(), ['--url', url]);

test("an address that this machine can't resolve is inconclusive, not a leak", async () => {
  const { code, error } = await verify('http://nothing.invalid');
  expect([code, error]).toEqual([
    3,
    expect.stringMatching(/inconclusive, time-out: http:\/\/nothing\.invalid\/egress/),
  ]);
});

test('a truncated report is inconclusive, not a leak', async () => {
  const url = await serving((_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"probes":', () => response.destroy());
  });
  const { code, error } = await verify(url);
  expect([code, error]).toEqual([3, expect.stringContaining('ended the connection after 10 bytes')]);
});

test.each([
  ['a page of a portal', '<html>log in</html>'],
  ['JSON of something else', '{}'],
  ['nothing', 'null'],
])('%s instead of the report is an error with a remedy, not a leak', async (_, text) => {
  const url = await serving((_request, response) => response.end(text));
  await expect(verify(url)).rejects.toThrow("did not answer with the demo's report: check that --url is its address");
});

const stage = new Stage();
afterEach(() => stage.close());

test('a demo without probes is inconclusive, with what its environment lacks', async () => {
  const { url } = await stage.app({});
  const asked = verifyDeployment({ appUrl: url, proxyUrl: 'http://egress-proxy.apps.internal:3128', objects: {} });
  await expect(asked).rejects.toMatchObject({
    name: 'Inconclusive',
    reason: 'application cannot ask',
    because: `${url}/egress says: EGRESS_PROBES is not set: there is nothing to probe`,
  });
});
