import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { createAuthority, issue, type KeyPair } from '../../src/authority';
import { openSite, type Site } from '../../src/internet/sites';

describe('a web site of the simulated internet', () => {
  let authority: KeyPair;
  let site: Site;

  beforeAll(async () => {
    authority = await createAuthority('test');
    const certificate = await issue(authority, ['www.example.com']);
    site = await openSite({ name: 'www.example.com', address: '127.0.0.1', http: [0], https: [0], certificate });
  });

  afterAll(async () => {
    await site.close();
  });

  const get = async (path: string, options: https.RequestOptions = {}, tls = false) => {
    const port = site.addresses[tls ? 1 : 0]?.port;
    const all = { host: '127.0.0.1', port, path, servername: 'www.example.com', ca: authority.certificate, ...options };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      (tls ? https : http).get(all, resolve).once('error', reject);
    });
    const body = await buffer(response);
    return { status: response.statusCode, body, json: () => JSON.parse(body.toString('utf8')) as unknown };
  };

  it("tells its name, the address of the connection, and the client's", async () => {
    const port = site.addresses[0]?.port;
    const { status, json } = await get('/', { headers: { host: 'www.example.com' } });
    expect(status).toBe(200);
    expect(json()).toEqual({
      site: 'www.example.com',
      host: 'www.example.com',
      path: '/',
      secure: false,
      address: `127.0.0.1:${port ?? 0}`,
      client: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      requests: expect.any(Number) as number,
    });
  });

  it('answers over TLS only to clients that trust the authority', async () => {
    expect((await get('/', {}, true)).json()).toMatchObject({ site: 'www.example.com', secure: true });
    await expect(get('/', { ca: [] }, true)).rejects.toThrow(/self-signed|unable to (get|verify)/);
    await expect(get('/', { servername: 'www.example.org' }, true)).rejects.toThrow('altnames');
  });

  it('returns the headers of the request', async () => {
    expect((await get('/echo', { headers: { via: '1.1 proxy' } })).json()).toMatchObject({
      method: 'GET',
      headers: { via: '1.1 proxy' },
    });
  });

  it.each([0, 1, 65_536, 1_000_000])('streams %d bytes on request', async (size) => {
    expect((await get(`/bytes/${size}`)).body).toHaveLength(size);
  });

  it('refuses to stream more than a gibibyte', async () => {
    expect((await get('/bytes/1073741825')).status).toBe(400);
  });

  it('answers late when asked to', async () => {
    const started = performance.now();
    expect((await get('/slow?ms=80')).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(75);
  });

  it('answers nothing else', async () => {
    const { status, json } = await get('/nothing');
    expect([status, json()]).toEqual([404, { error: 'www.example.com has no /nothing' }]);
  });

  it('keeps connections open and counts requests', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const first = (await get('/', { agent })).json() as { client: string; requests: number };
      const second = (await get('/', { agent })).json() as { client: string; requests: number };
      expect(second).toMatchObject({ client: first.client, requests: first.requests + 1 });
    } finally {
      agent.destroy();
    }
  });
});
