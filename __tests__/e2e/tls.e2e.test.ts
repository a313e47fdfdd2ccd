import { get } from '../../cli/verify/http';
import { Demo } from './support/demo';

jest.setTimeout(15 * 60_000);

describe('an application that talks TLS to its proxy', () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await Demo.open();
    demo.edit(['    demo.useProxy(proxy);\n', '    demo.useProxy(proxy, { tls: true });\n']);
    await demo.deploy();
  });

  afterAll(async () => {
    demo.restore();
    await demo.deploy();
  });

  /** What curl's own exit code says of a way to the proxy, with the environment of the application's start. */
  const curl = (proxy: string): Promise<string> =>
    demo.inside('egress-demo', [
      'bash',
      '-c',
      `curl -s -o /dev/null -w '%{http_code}' --max-time 5 -x ${proxy} http://www.example.com/ || echo " curl $?"`,
    ]);

  it('gets its objects with the AWS SDK, its sites and its refusals through port 61443', async () => {
    const report = JSON.parse((await get(demo.url('egress-demo', '/egress'))).text) as {
      ok: boolean;
      proxy: string;
    };
    expect(report).toMatchObject({ ok: true, proxy: 'https://egress-proxy.apps.internal:61443' });
    expect(await get(demo.url('egress-demo', '/proxy/small.txt'))).toMatchObject({ status: 200, size: 1024 });
    expect(await get(demo.url('egress-demo', '/proxy/large.bin'))).toMatchObject({ status: 200, size: 64 * 1024 ** 2 });
  });

  it('has no other way to the proxy: the plain ports are closed', async () => {
    const host = 'egress-proxy.apps.internal';
    expect(await curl(`https://${host}:61443`)).toBe('200');
    expect(await curl(`http://${host}:3128`)).toBe('000 curl 7');
    expect(await curl(`http://${host}:8080`)).toBe('000 curl 7');
  });

  it('deploys once: the next plan has no changes', async () => {
    expect((await demo.stack.plan()).changes).toBe(false);
  });
});
