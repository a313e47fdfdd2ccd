import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';

import { LARGE, LARGE_SHA256 } from './support/stand-ins';
import { Stage, closedPort, vcapServices } from './support/stage';

const stage = new Stage();
afterEach(() => stage.close());

/** An application with a bucket that only the proxy reaches. */
async function withProxy() {
  const { s3, port } = await stage.s3();
  const { proxy, address } = await stage.proxy({ 'bucket.s3.test:443': port });
  const app = await stage.app({ HTTPS_PROXY: address, VCAP_SERVICES: vcapServices('s3.test') });
  return { s3, proxy, ...app };
}

/** An application with a bucket that it reaches directly. */
async function withBucket() {
  const { s3, port } = await stage.s3();
  return { s3, port, ...(await stage.app({ VCAP_SERVICES: vcapServices(`127.0.0.1:${port}`) })) };
}

describe('/proxy', () => {
  test('streams the right bytes and keeps its tunnel for the next request', async () => {
    const { url, proxy } = await withProxy();
    for (let round = 0; round < 2; round++) {
      const response = await fetch(`${url}/proxy/large.bin`);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-length': String(LARGE),
        'content-type': 'application/octet-stream',
        'x-egress-way': 'proxy',
      });
      const hash = createHash('sha256');
      for await (const chunk of response.body ?? []) hash.update(chunk as Uint8Array);
      expect([response.status, hash.digest('hex')]).toEqual([200, LARGE_SHA256]);
    }
    expect(proxy.asked).toEqual(['CONNECT bucket.s3.test:443']);
  });

  test("passes type and ETag on, and keeps a page in the bucket from acting as the application's", async () => {
    const { url } = await withProxy();
    const { headers } = await fetch(`${url}/proxy/small.txt`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html',
      etag: '"tag"',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
    });
  });

  test('answers HEAD without a body', async () => {
    const { url } = await withProxy();
    const response = await fetch(`${url}/proxy/large.bin`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, String(LARGE)]);
    expect(await response.text()).toBe('');
  });

  test.each(['a%20folder%2F%C3%A4.txt', 'a%20folder/%C3%A4.txt'])('decodes a name: %s', async (path) => {
    const { url, s3 } = await withProxy();
    expect(await (await fetch(`${url}/proxy/${path}`)).text()).toBe('small');
    expect(s3.asked).toEqual(['bucket.s3.test /a%20folder/%C3%A4.txt']);
  });

  test("is 404 for an object that doesn't exist", async () => {
    const { url } = await withProxy();
    const response = await fetch(`${url}/proxy/nothing.txt`);
    expect([response.status, await response.text()]).toEqual([404, 'the bucket holds no object "nothing.txt"\n']);
  });

  test("is 502 with S3's reason if S3 refuses", async () => {
    const { url } = await withProxy();
    const response = await fetch(`${url}/proxy/denied.txt`);
    expect([response.status, await response.text()]).toEqual([502, 'S3 answered HTTP 403 AccessDenied\n']);
  });

  test("is 502 with the proxy's reason if the proxy refuses, after one request", async () => {
    const { proxy, address } = await stage.proxy({});
    const { url } = await stage.app({ HTTPS_PROXY: address, VCAP_SERVICES: vcapServices('s3.test') });
    const response = await fetch(`${url}/proxy/small.txt`);
    const text = await response.text();
    expect([response.status, text]).toEqual([502, 'the proxy answered 403 (ERR_ACCESS_DENIED 0)\n']);
    expect(proxy.asked).toEqual(['CONNECT bucket.s3.test:443']);
  });

  test('is 502 while there is no proxy, and works once there is one', async () => {
    const { port } = await stage.s3();
    const { proxy, address } = await stage.proxy({ 'bucket.s3.test:443': port });
    const { url } = await stage.app({ HTTPS_PROXY: address, VCAP_SERVICES: vcapServices('s3.test') });
    const place = Number(new URL(address).port);
    proxy.server.close();
    await once(proxy.server, 'close');
    const absent = await fetch(`${url}/proxy/small.txt`);
    expect([absent.status, await absent.text()]).toEqual([502, `connect ECONNREFUSED 127.0.0.1:${place}\n`]);
    proxy.server.listen(place, '127.0.0.1');
    await once(proxy.server, 'listening');
    expect((await fetch(`${url}/proxy/small.txt`)).status).toBe(200);
  });

  test('tries again when a kept connection ends during the request', async () => {
    const { url, proxy, s3 } = await withProxy();
    expect(await (await fetch(`${url}/proxy/small.txt`)).text()).toBe('small');
    s3.server.prependOnceListener('request', (request: http.IncomingMessage) => request.socket.destroy());
    expect(await (await fetch(`${url}/proxy/small.txt`)).text()).toBe('small');
    expect(s3.asked).toHaveLength(3);
    expect(proxy.asked).toHaveLength(2);
  });

  test.each([
    ['s3.test', 'direct'],
    ['other.test', 'proxy'],
  ])('respects NO_PROXY=%s: %s', async (NO_PROXY, way) => {
    const { address } = await stage.proxy({});
    const { url } = await stage.app({ HTTPS_PROXY: address, NO_PROXY, VCAP_SERVICES: vcapServices('s3.test') });
    expect((await fetch(`${url}/proxy/small.txt`)).headers.get('x-egress-way')).toBe(way);
  });

  test.each([
    [{}, 'no service named "egress-test-s3" is bound to this application\n'],
    [{ VCAP_SERVICES: vcapServices('s3.test') }, 'there is no proxy: HTTPS_PROXY is not set\n'],
  ])('says what is missing: %#', async (env, text) => {
    const { url } = await stage.app(env);
    const response = await fetch(`${url}/proxy/small.txt`);
    expect([response.status, await response.text()]).toEqual([502, text]);
  });

  test.each(['large.bin', 'silent.bin'])('ends its request to S3 when the client disconnects (%s)', async (key) => {
    const { url, s3 } = await withProxy();
    const request = http.get(`${url}/proxy/${key}`);
    request.on('error', () => undefined);
    if (key === 'large.bin') await once(request, 'response');
    else await s3.seen(key);
    request.destroy();
    await s3.aborted;
  });

  test('aborts its response when S3 does, so half an object never looks complete', async () => {
    const { url, logged } = await withProxy();
    const response = await fetch(`${url}/proxy/broken.bin`);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
    expect(await logged(1)).toEqual([expect.stringMatching(/^GET \/proxy\/broken.bin 200 \d+ms broken off: aborted$/)]);
  });
});

describe('/noproxy', () => {
  test('is 502 if the connection is refused, and says so', async () => {
    const port = await closedPort();
    const { url } = await stage.app({ VCAP_SERVICES: vcapServices(`127.0.0.1:${port}`) });
    const response = await fetch(`${url}/noproxy/small.txt`);
    expect([response.status, await response.text()]).toEqual([502, `connect ECONNREFUSED 127.0.0.1:${port}\n`]);
  });

  test('is 200 if the bucket is reached, whatever the proxy variables say', async () => {
    const { port } = await withBucket();
    const HTTPS_PROXY = `http://127.0.0.1:${await closedPort()}`;
    const { url } = await stage.app({ HTTPS_PROXY, VCAP_SERVICES: vcapServices(`127.0.0.1:${port}`) });
    const response = await fetch(`${url}/noproxy/small.txt`);
    expect([response.status, await response.text()]).toEqual([200, 'small']);
    expect(response.headers.get('x-egress-way')).toBe('direct');
  });

  test('asks S3 only once, because a second attempt would take a second', async () => {
    const { url, s3 } = await withBucket();
    const response = await fetch(`${url}/noproxy/busy.txt`);
    expect([response.status, await response.text()]).toEqual([502, 'S3 answered HTTP 503 SlowDown\n']);
    expect(s3.asked).toHaveLength(1);
  });

  test('verifies the certificate unless the credentials say not to', async () => {
    const { port } = await withBucket();
    const VCAP_SERVICES = vcapServices(`127.0.0.1:${port}`, { insecure_skip_verify: false });
    const { url } = await stage.app({ VCAP_SERVICES });
    const response = await fetch(`${url}/noproxy/small.txt`);
    expect([response.status, await response.text()]).toEqual([502, 'self-signed certificate\n']);
  });
});

test('no answer and no line of the log contains the secret key', async () => {
  const { url, logged } = await withProxy();
  const paths = ['/', '/egress', '/proxy/denied.txt', '/proxy/nothing.txt', '/noproxy/small.txt'];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(url + path);
      return `${JSON.stringify([...response.headers])} ${await response.text()}`;
    }),
  );
  const lines = await logged(paths.length);
  expect([...answers, ...lines].join('\n')).not.toMatch(/the-secret-key|AKIDEXAMPLE/);
});
