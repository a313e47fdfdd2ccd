import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect, openTunnel, raw, request, requestInside } from './client';
import { docker, logs, removeAll, runToEnd, shell, until } from './docker';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { SQUID } from '../../constructs/app-source';
import { type Kind, KINDS, startLaboratory, type Laboratory, type Proxy } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(60 * SECONDS);

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress) => ({
    'www.example.org': [site],
    '*.example.org': [site],
    'api.example.gov': [site],
    'www.example.net': [site],
    'private.example.org': [privateAddress],
    'metadata.example.org': ['169.254.169.254'],
    'bucket.example.com': [privateAddress],
    'moved.example.com': [privateAddress],
    'public.example.com': [site],
    'both.example.com': [privateAddress, '10.1.2.3'],
  }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** The end of the header of a connection's last request. */
const LAST = 'Connection: close\r\n\r\n';

/** How the kinds differ: the proxy's user, and the command that starts it by hand. */
const OWN: Readonly<Record<Kind, { readonly user: string; readonly start: string }>> = {
  image: { user: '13', start: 'sh /opt/egress-proxy/entrypoint' },
  buildpack: { user: '2000', start: '/lifecycle/launch "exec sh entrypoint"' },
};

describe.each(KINDS)('by %s,', (kind) => {
  describe('a proxy with an allowlist', () => {
    let proxy: Proxy;

    beforeAll(async () => {
      const { range, otherRange } = laboratory.private;
      proxy = await laboratory.startProxy({
        kind,
        allow: [
          '# two sites',
          '.example.org:80,443',
          'api.example.gov:443',
          `bucket.example.com:80@${range}`,
          `both.example.com:80@${range}`,
          `public.example.com:80@${range}`,
          `moved.example.com:80@${otherRange}`,
          'missing.example.com:80,443',
        ],
        environment: {
          VCAP_APPLICATION: JSON.stringify({ application_name: 'px', space_name: 'public', organization_name: 'demo' }),
        },
      });
    });

    const far = (body: string) =>
      JSON.parse(body) as { address: string; port: number; headers: Record<string, string> };

    test('fetches an http URL of a listed host', async () => {
      const { status, body } = await request(proxy, 'http://www.example.org/page');
      expect(status).toBe(200);
      expect(far(body)).toMatchObject({ address: laboratory.site, port: 80, url: '/page' });
    });

    test('opens a tunnel to a listed host', async () => {
      const { body } = await requestInside(await openTunnel(proxy, 'api.example.gov:443'), 'api.example.gov');
      expect(far(body)).toMatchObject({ address: laboratory.site, port: 443 });
    });

    test('reveals neither the client nor the proxy to the server', async () => {
      const { body, headers } = await request(proxy, 'http://www.example.org/', {
        headers: { 'x-forwarded-for': '192.0.2.7' },
      });
      expect(Object.keys(far(body).headers).sort()).toEqual(['connection', 'host']);
      expect(Object.keys(headers).filter((name) => /^(via|x-cache)/.test(name))).toEqual([]);
    });

    test('refuses a host that is not listed with a page that names it and says where the list is', async () => {
      const { status, error, body, headers } = await request(proxy, 'http://www.example.net/');
      expect({ status, error }).toEqual({ status: 403, error: 'ERR_NOT_LISTED' });
      expect(body).toContain('<h1>Refused: www.example.net port 80 is not on the allowlist</h1>');
      expect(body).toContain(
        'environment of the application px (space public, organization demo), variable EGRESS_ALLOW',
      );
      expect(body.length).toBeLessThan(600);
      expect(`${JSON.stringify(headers)}${body}`).not.toMatch(/squid\/|5\.7|Generated|mailto/i);
    });

    test("applies the same rules on the port behind the platform's TLS", async () => {
      const other = { ...proxy, port: 8080 };
      expect(await request(other, 'http://www.example.org/')).toMatchObject({ status: 200 });
      expect(await request(other, 'http://www.example.net/')).toMatchObject({ status: 403, error: 'ERR_NOT_LISTED' });
      expect(await connect(other, 'www.example.net:443')).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
      const tunnel = () => openTunnel(other, 'api.example.gov:443');
      expect(await requestInside(await tunnel(), 'api.example.gov')).toMatchObject({ status: 200 });
      await expect(requestInside(await tunnel(), 'api.example.gov', 'www.example.net')).rejects.toThrow();
    });

    test('refuses a tunnel to a host that is not listed with the same page, and a status that squid never puts inside', async () => {
      const { status, error, body } = await connect(proxy, 'www.example.net:443');
      expect({ status, error }).toEqual({ status: 407, error: 'ERR_NOT_LISTED' });
      expect(body).toContain('<h1>Refused: www.example.net port 443 is not on the allowlist</h1>');
    });

    test('escapes the host on the page', async () => {
      const answer = await raw(proxy, `GET http://a<b>"/ HTTP/1.1\r\nHost: a\r\n${LAST}`);
      expect(answer).toContain('Refused: a&lt;b&gt;&quot; port 80');
      expect(answer).not.toContain('<b>');
    });

    test('shows its page whatever language the client prefers', async () => {
      const { body } = await request(proxy, 'http://www.example.net/', { headers: { 'accept-language': 'de' } });
      expect(body).toContain('is not on the allowlist');
    });

    test('refuses a listed name that resolves to a private address, with a page that says so', async () => {
      const { status, error, body } = await request(proxy, 'http://private.example.org/');
      expect({ status, error }).toEqual({ status: 403, error: 'ERR_PRIVATE_ADDRESS' });
      expect(body).toContain('Refused: private.example.org resolves to an address that is not open');
    });

    test('reaches a private address through the destination that names its range, on its ports only', async () => {
      const { status, body } = await request(proxy, 'http://bucket.example.com/');
      expect(status).toBe(200);
      expect(far(body)).toMatchObject({ address: laboratory.private.address });
      expect(await connect(proxy, 'bucket.example.com:443')).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
    });

    test.each([
      ['moved.example.com', 'a private address outside it'],
      ['both.example.com', 'one address outside it beside one inside'],
      ['public.example.com', 'a public address'],
    ])('refuses %s, whose destination names a range but which has %s', async (host) => {
      expect(await request(proxy, `http://${host}/`)).toMatchObject({ status: 403, error: 'ERR_PRIVATE_ADDRESS' });
    });

    test('says that a listed name does not resolve, for an http URL and for a tunnel', async () => {
      expect(await request(proxy, 'http://missing.example.gov/')).toMatchObject({ error: 'ERR_NOT_LISTED' });
      const get = await request(proxy, 'http://missing.example.com/');
      expect(get).toMatchObject({ status: 503, error: 'ERR_NAME' });
      expect(get.body).toContain('<h1>Failed: missing.example.com does not resolve</h1>');
      expect(await connect(proxy, 'missing.example.com:443')).toMatchObject({ status: 407, error: 'ERR_NAME' });
    });

    test('asks no name server for the name of a client, or of any address', async () => {
      const witness = `witness-${randomUUID()}.example.org`;
      for (const name of ['www.example.org', witness]) await request(proxy, `http://${name}/`);
      // Queries arrive in the order in which they are sent.
      const queries = await until('the witness', async () => {
        const seen = await laboratory.queries();
        return seen.includes(witness) ? seen : undefined;
      });
      expect(queries.filter((name) => name.endsWith('.arpa'))).toEqual([]);
    });

    test('keeps its cache manager closed at its own address', async () => {
      const { status, body } = await request(proxy, 'http://127.0.0.1:3128/squid-internal-mgr/menu');
      expect([400, 403]).toContain(status);
      expect(body).not.toContain('Squid Object Cache');
    });

    test('writes one line of JSON for each request, with neither path nor query string nor credentials', async () => {
      const secret = 's3cr3t';
      const headers = { authorization: `Bearer ${secret}`, 'proxy-authorization': `Basic ${secret}`, cookie: secret };
      // When this request is in the log, all earlier ones are too.
      await request(proxy, 'http://before.example.net/');
      const linesAfter = async () => (await logs(proxy.container)).stdout.split('"host":"before.example.net"')[1];
      await until('the line before', linesAfter);
      await request(proxy, `http://www.example.org/${secret}?key=${secret}`, { headers });
      await request(proxy, `http://www.example.net/${secret}?key=${secret}`, { headers });
      await request(proxy, `http://user:${secret}@metadata.example.org/`);
      await raw(proxy, `GET http://a"\\\u0001b/ HTTP/1.1\r\nHost: a\r\n${LAST}`);
      await raw(proxy, `GET /${secret} HTTP/1.1\r\nHost: a\r\n${LAST}`);
      await requestInside(await openTunnel(proxy, 'www.example.org:443'), 'www.example.org');
      const lines = await until('six lines', async () => {
        const seen = (await linesAfter())?.split('\n').slice(1, -1) ?? [];
        return seen.length >= 6 ? seen : undefined;
      });

      expect(lines.join('\n')).not.toContain(secret);
      const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const summary = entries.map(({ method, host, port, verdict, rule, status }) =>
        [method, host, port, verdict, rule, status].join(' '),
      );
      expect(summary).toEqual([
        'GET www.example.org 80 allowed listed 200',
        'GET www.example.net 80 refused not-listed 403',
        'GET metadata.example.org 80 refused address 403',
        expect.stringMatching(/ (400|403)$/),
        '- - - - - 400',
        'CONNECT www.example.org 443 allowed listed 200',
      ]);
      for (const entry of entries) {
        expect(entry).toEqual({
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
          start: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
          client: expect.stringMatching(/^[\d.]+$/) as string,
          user: '-',
          method: expect.any(String) as string,
          host: expect.any(String) as string,
          port: expect.any(String) as string,
          verdict: expect.any(String) as string,
          rule: expect.any(String) as string,
          tls: expect.any(String) as string,
          status: expect.any(Number) as number,
          result: expect.any(String) as string,
          address: expect.any(String) as string,
          received: expect.any(Number) as number,
          sent: expect.any(Number) as number,
          duration: expect.any(Number) as number,
        });
      }
    });

    test('runs without root, with nothing writable but shared memory', async () => {
      const user = await shell(proxy.container, 'id -u; grep -h ^Uid /proc/[0-9]*/status | sort -u');
      const { user: own } = OWN[kind];
      expect(user.split('\n').slice(0, 2)).toEqual([own, ['Uid:', own, own, own, own].join('\t')]);
      const readOnly = await docker('inspect', '--format', '{{.HostConfig.ReadonlyRootfs}}', proxy.container);
      expect(readOnly).toBe('true');
    });
  });

  test('a proxy without a list runs and refuses everything', async () => {
    const proxy = await laboratory.startProxy({ kind });
    expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 403, error: 'ERR_NOT_LISTED' });
    expect(await connect(proxy, 'www.example.org:443')).toMatchObject({ status: 407, error: 'ERR_NOT_LISTED' });
  });

  test('a line that cannot be read stops the start and is named', async () => {
    const ended = await runToEnd(
      '--env',
      'EGRESS_ALLOW=www.example.org:443\n10.0.0.1:443',
      await laboratory.imageOf(kind),
    );
    expect(ended).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'egress-proxy: EGRESS_ALLOW line 2: "10.0.0.1:443" is an IP address: write the host name, addresses are never allowed\n',
    });
  });

  test('root is refused', async () => {
    const ended = await runToEnd('--user', '0', await laboratory.imageOf(kind));
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain("refuses to run as root: start the container as the image's user, 13");
  });

  describe('the log reaches standard output', () => {
    const logged = async (proxy: Proxy) => {
      await request(proxy, 'http://www.example.net/');
      return until('the line', async () =>
        (await logs(proxy.container)).stdout.includes('"host":"www.example.net"') ? true : undefined,
      );
    };

    test('of a container that runs as a user unknown to it', async () => {
      expect(await logged(await laboratory.startProxy({ kind, arguments: ['--user', '3000'] }))).toBe(true);
    });

    test('if it is a pipe that root made and nobody else can open', async () => {
      const drop = `setpriv --reuid=3000 --regid=3000 --clear-groups ${OWN[kind].start}`;
      const piped = `(${drop} 2>&1 1>&3 | cat >&2) 3>&1 | cat`;
      const proxy = await laboratory.startProxy({
        kind,
        arguments: ['--user', '0', '--entrypoint', 'sh'],
        command: ['-c', piped],
      });
      expect(await logged(proxy)).toBe(true);
    });
  });

  test('a proxy whose squid is killed ends with a failure and says so', async () => {
    const { container } = await laboratory.startProxy({ kind });
    const killSquid = 'kill -KILL $(grep -l "^Name:.squid" /proc/[0-9]*/status | cut -d/ -f3)';
    // The container can end before this command does, and then the command fails.
    await shell(container, killSquid).catch(() => undefined);
    expect(await docker('wait', container)).toBe('1');
    expect((await logs(container)).stderr).toContain('egress-proxy: squid ended by itself or was killed, by signal 9');
  });

  describe('the health check of the platform', () => {
    let proxy: Proxy;
    const ask = () => request(proxy, PROXY_HEALTH).then(({ status }) => status);
    // The first two are there from the start. The brackets prevent the pattern from matching the shell's own arguments.
    const signalHelper = (signal: string, which: 1 | 2) =>
      shell(
        proxy.container,
        `kill -${signal} $(grep -l '[q]uestions.awk' /proc/[0-9]*/cmdline | cut -d/ -f3 | sort -n | sed -n ${which}p)`,
      );

    beforeAll(async () => {
      proxy = await laboratory.startProxy({ kind, allow: ['www.example.org:80'] });
    });

    test('is answered without a line in the log, on both ports', async () => {
      expect(await request(proxy, PROXY_HEALTH)).toMatchObject({ status: 200, body: 'the proxy works\n' });
      expect(await request({ ...proxy, port: 8080 }, PROXY_HEALTH)).toMatchObject({ status: 200 });
      await request(proxy, 'http://witness.example.net/');
      const lines = await until('the witness', async () => {
        const { stdout } = await logs(proxy.container);
        return stdout.includes('witness.example.net') ? stdout : undefined;
      });
      expect(lines).not.toMatch(/"host":"egress"/);
    });

    test.each([
      `http://www.example.net${PROXY_HEALTH}`,
      `http://egress:80${PROXY_HEALTH}`,
      `http://egress:3128${PROXY_HEALTH}/../../../`,
      `http://egress:3128${PROXY_HEALTH}?`,
      'http://egress:3128/squid-internal-static/icons/',
      '/squid-internal-static/icons/SN.png',
      '/squid-internal-dynamic/',
      '/squid-internal-periodic/store_digest',
      '/',
    ])("doesn't open %s", async (url) => {
      expect([400, 403]).toContain((await request(proxy, url)).status);
    });

    test('answers no other method', async () => {
      expect(await request(proxy, PROXY_HEALTH, { method: 'POST' })).toMatchObject({ error: 'ERR_NOT_LISTED' });
      expect(await connect(proxy, 'egress:3128')).toMatchObject({ error: 'ERR_NOT_LISTED' });
    });

    test.each([1, 2] as const)('fails while one of the helpers hangs: number %i', async (which) => {
      await signalHelper('STOP', which);
      try {
        // Answers are cached for a second or two.
        await until('no answer', () =>
          Promise.race([ask(), setTimeout(1000, 'hung' as const)]).then((seen) => (seen === 'hung' ? true : undefined)),
        );
      } finally {
        await signalHelper('CONT', which);
      }
      await until('an answer', async () => ((await ask()) === 200 ? true : undefined));
    });

    // Squid can end if a helper exits before its first answer, so each helper gets its own proxy.
    test.each([
      ['www.example.net', 'cut'],
      ['api.example.gov', 'cut'],
      ['www.example.org', expect.any(String) as string],
    ])('no tunnel to %s gets past its name when the helper ends that is asked for it', async (name, seen) => {
      const guarded = await laboratory.startProxy({ kind, allow: ['www.example.org:443'] });
      const signalAll = (signal: string) =>
        shell(guarded.container, `kill -${signal} $(grep -l '[q]uestions.awk' /proc/[0-9]*/cmdline | cut -d/ -f3)`);
      const tunnel = await openTunnel(guarded, 'www.example.org:443');
      await signalAll('STOP');
      const inside = requestInside(tunnel, name).then(
        () => 'reached',
        () => 'cut',
      );
      await setTimeout(500);
      await signalAll('KILL');
      expect(await inside).toEqual(seen);
    });

    test.each([1, 2] as const)('passes when one was killed, which squid starts again: number %i', async (which) => {
      await signalHelper('KILL', which);
      await until('an answer', async () => ((await ask()) === 200 ? true : undefined));
      expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
    });
  });
});

test('an image works even if its files have lost their mode bits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'space-egress-modes-'));
  try {
    await cp(SQUID, folder, { recursive: true });
    await promisify(execFile)('find', [folder, '-type', 'f', '-exec', 'chmod', '0600', '{}', '+']);
    const image = `${laboratory.image}-modes`;
    await docker('build', '--quiet', '--tag', image, folder);
    const proxy = await laboratory.startProxy({ image, allow: ['www.example.org:80'] });
    expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('no program of the image gains a privilege', async () => {
  const find = ['--user', '0', '--entrypoint', 'find', laboratory.image, '/', '-xdev', '-perm', '/6000', '-type', 'f'];
  expect(await runToEnd(...find)).toEqual({ status: 0, stdout: '', stderr: '' });
});
