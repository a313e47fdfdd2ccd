import { stop } from '@space-egress/foundation';
import Docker from 'dockerode';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { get } from '../../cli/verify/http';
import { awaitApplications } from '../../tools/demo';
import { Demo, FOUNDATION, runningContainers } from './support/demo';
import { differences, killEverything, restartEngine } from './support/exactness';

jest.setTimeout(15 * 60_000);

/** Restarts the container engine, which ends all containers on it, including those of others. @default - no restart */
const { EGRESS_ENGINE_RESTART: RESTART } = process.env;

describe('the foundation', () => {
  it('row 14: is stopped and started again, and everything works without being deployed again', async () => {
    const before = await Demo.open();
    await before.deploy();
    const instances = await instancesOf(before);

    await stop({ name: FOUNDATION });
    await expect(get(before.url('egress-demo'))).rejects.toThrow('does not answer');
    const after = await Demo.open();
    await awaitApplications(after.env);

    expect(await instancesOf(after)).toEqual(instances);
    expect(await get(after.url('egress-demo', '/proxy/small.txt'))).toMatchObject({ status: 200, size: 1024 });
    const report = JSON.parse((await get(after.url('egress-demo', '/egress'))).text) as { ok: boolean };
    expect(report.ok).toBe(true);
    expect((await after.stack.plan()).changes).toBe(false);
  });

  it('ends with the container engine and all containers: none comes back by itself, and a start brings all back exactly', async () => {
    const before = await Demo.open();
    await before.deploy();

    await killEverything();
    expect(await running()).toEqual([]);
    const after = await Demo.open();
    await awaitApplications(after.env);

    expect(await differences(after)).toEqual([]);
  });

  (RESTART === undefined ? it.skip : it)(
    'outlives a restart of the container engine, with the command of EGRESS_ENGINE_RESTART: closed until a start',
    async () => {
      const before = await Demo.open();
      await before.deploy();

      await restartEngine(RESTART ?? '');
      expect(await running()).toEqual([]);
      const after = await Demo.open();
      await awaitApplications(after.env);

      expect(await differences(after)).toEqual([]);
    },
  );
});

async function running(): Promise<readonly string[]> {
  return (await runningContainers()).flatMap(({ Names }) => Names);
}

/** The GUIDs of all running instances; a new instance would have a new one. */
async function instancesOf(demo: Demo): Promise<readonly string[]> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { resources: apps } = (await cloud.get('/v3/apps')) as unknown as { resources: readonly { guid: string }[] };
  const stats = await Promise.all(
    apps.map(async ({ guid }) => (await cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats),
  );
  return stats.flatMap(({ resources }) => resources.map(({ instance_guid: guid, state }) => `${guid} ${state}`)).sort();
}

interface Stats {
  readonly resources: readonly { readonly instance_guid: string; readonly state: string }[];
}

/** Opens a tunnel, sends a request through it when the file `go` exists, and prints the first line of the answer. */
const TUNNEL = `
const [address, ready, go] = process.argv.slice(1);
const fs = require('node:fs');
const say = (line) => { console.log(line); process.exit(); };
const socket = require('node:net').connect(3128, address).on('error', ({ code }) => say(code));
socket.write('CONNECT www.example.com:443 HTTP/1.1\\r\\nHost: www.example.com:443\\r\\n\\r\\n');
socket.once('data', () => {
  const site = require('node:tls').connect({ socket, servername: 'www.example.com' }, () => {
    fs.writeFileSync(ready, '');
    const timer = setInterval(() => {
      if (!fs.existsSync(go)) return;
      clearInterval(timer);
      site.write('GET / HTTP/1.1\\r\\nHost: www.example.com\\r\\nConnection: close\\r\\n\\r\\n');
    }, 50);
  });
  site.on('error', ({ code }) => say(code)).once('data', (answer) => say(String(answer).split('\\r\\n')[0]));
});
`;

const READY = '/home/vcap/tmp/tunnel-ready';
const GO = '/home/vcap/tmp/tunnel-go';

const ENDS: Readonly<Record<string, () => Promise<void>>> = {
  'is stopped': () => stop({ name: FOUNDATION }),
  'is killed': () => new Docker().getContainer(`space-egress-${FOUNDATION}`).kill({ signal: 'SIGKILL' }),
};

describe('while the foundation is down', () => {
  let demo: Demo;
  const shell = (script: string): Promise<string> => demo.inside('egress-demo', ['bash', '-c', script]);
  const curl = (args: string): Promise<string> =>
    shell(`curl -s -o /dev/null -w '%{http_code}' --max-time 30 ${args} || echo " curl $?"`);

  beforeAll(async () => {
    demo = await Demo.open();
    await demo.deploy();
  });

  afterAll(() => Demo.open());

  it.each(Object.entries(ENDS))(
    'because it %s, names and routes fail, connections go on, and rules hold',
    async (_how, end) => {
      const addressOf = async (name: string): Promise<string> =>
        (await shell(`getent ahostsv4 ${name}`)).split(/\s/)[0] ?? '';
      const [proxy, site] = [await addressOf('egress-proxy.apps.internal'), await addressOf('www.example.com')];
      expect(await curl(`-x http://${proxy}:3128 http://www.example.com/`)).toBe('200');
      await shell(`rm -f ${READY} ${GO}`);
      const [node = ''] = (await shell('find /home/vcap/deps -name node -type f')).split(/\s/);
      const env = 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt';
      const tunnel = demo.inside('egress-demo', ['env', env, node, '-e', TUNNEL, proxy, READY, GO]);
      await shell(`until [ -e ${READY} ]; do sleep 0.1; done`);

      await end();

      // This needs the foundation.
      await expect(get(demo.url('egress-demo'))).rejects.toThrow('does not answer');
      await expect(fetch(demo.env.CF_API_URL ?? '')).rejects.toThrow();
      expect(await shell('getent ahostsv4 egress-proxy.apps.internal || echo none')).toBe('none');
      expect(await shell('getent ahostsv4 www.example.com || echo none')).toBe('none');
      // This doesn't.
      await shell(`touch ${GO}`);
      expect(await tunnel).toBe('HTTP/1.1 200 OK');
      expect(await curl(`http://${proxy}:3128/`)).toBe('400');
      // A name that the proxy hasn't looked up yet.
      expect(await curl(`-x http://${proxy}:3128 http://www.example.org/`)).toBe('503');
      // Refusals stay refusals.
      expect(await curl(`http://${site}/`)).toBe('000 curl 7');

      demo = await Demo.open();
      await awaitApplications(demo.env);
      expect(await curl('-x http://egress-proxy.apps.internal:3128 http://www.example.com/')).toBe('200');
      expect((await get(demo.url('egress-demo'))).status).toBe(200);
    },
  );
});
