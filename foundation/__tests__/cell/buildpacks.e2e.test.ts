/** Applications of the buildpacks other than Node.js's, in containers: staged, started, and requested. */
import type { StagedDroplet } from '../../src/cell/cell';
import { stagingOf, zip, type ZipEntry } from './support/package';
import { EVERYTHING, Playground } from './support/playground';

jest.setTimeout(400_000);

let ground: Playground;

beforeAll(async () => {
  ground = await Playground.open(0);
  const site = { protocol: 'tcp', destination: ground.site, ports: '80' } as const;
  await ground.apply({ spaces: { space: { running: [site], staging: [EVERYTHING] } } });
}, 180_000);
afterAll(() => ground.close());

const stage = async (entries: readonly ZipEntry[]): Promise<StagedDroplet & { readonly guid: string }> => {
  const spec = await stagingOf(ground, entries);
  return { ...(await ground.cell.stage(spec)), guid: spec.buildGuid };
};

const start = (dropletGuid: string, command: string, env: Readonly<Record<string, string>> = {}) =>
  ground.run({ droplet: { kind: 'buildpack', dropletGuid }, command, env: { PORT: '8080', ...env }, memory: 128 });

/** The smallest package that pip installs. */
const WHEEL = zip([
  { name: 'greeting.py', content: 'TEXT = "vendored"' },
  { name: 'greeting-1.0.dist-info/METADATA', content: 'Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n' },
  { name: 'greeting-1.0.dist-info/WHEEL', content: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' },
  { name: 'greeting-1.0.dist-info/RECORD', content: '' },
]);

const PYTHON = `
import greeting, http.server, json, os, ssl, sys, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = urllib.request.urlopen('http://www.example.com/', timeout=10)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({'greeting': greeting.TEXT, 'status': page.status, 'tls': ssl.OPENSSL_VERSION[:9],
                                     'python': sys.version_info[0], 'prefix': sys.prefix}).encode())

http.server.HTTPServer(('', int(os.environ['PORT'])), Handler).serve_forever()
`;

test('a Python application with vendored packages runs, and uses the proxy in its environment', async () => {
  const { guid, detectedBuildpack, processTypes } = await stage([
    { name: 'requirements.txt', content: 'greeting==1.0\n' },
    { name: 'vendor/greeting-1.0-py3-none-any.whl', content: WHEEL },
    { name: 'app.py', content: PYTHON },
    { name: 'Procfile', content: 'web: python app.py\n' },
  ]);
  expect([detectedBuildpack, processTypes]).toEqual(['python', { web: 'python app.py' }]);
  const { address, spec } = await start(guid, 'python app.py', { http_proxy: `http://${ground.site}:80` });
  expect(await (await fetch(`http://${address}:8080/`)).json()).toEqual({
    greeting: 'vendored',
    status: 200,
    tls: 'OpenSSL 3',
    python: 3,
    prefix: '/home/vcap/deps/0/python',
  });
  await ground.cell.stop(spec.instanceGuid);
});

test('static files are served by nginx, except for hidden files and configuration', async () => {
  const { guid, detectedBuildpack, processTypes } = await stage([
    { name: 'Staticfile', content: 'root: public\npushstate: enabled\n' },
    { name: 'public/index.html', content: 'the page' },
    { name: 'public/style.css', content: 'body {}' },
    { name: 'public/.secret', content: 'hidden' },
    { name: 'elsewhere.txt', content: 'not served' },
  ]);
  expect([detectedBuildpack, processTypes]).toEqual(['staticfile', { web: '$HOME/boot.sh' }]);
  const { address, spec } = await start(guid, '$HOME/boot.sh');
  const ask = async (path: string): Promise<readonly [number, string | null, string]> => {
    const answer = await fetch(`http://${address}:8080${path}`);
    return [answer.status, answer.headers.get('content-type'), await answer.text()];
  };
  expect(await ask('/')).toEqual([200, 'text/html', 'the page']);
  expect(await ask('/style.css')).toEqual([200, 'text/css', 'body {}']);
  expect((await ask('/.secret'))[0]).toBe(403);
  expect(await ask('/elsewhere.txt')).toEqual([200, 'text/html', 'the page']);
  await ground.cell.stop(spec.instanceGuid);
  expect(
    ground.cell
      .logs('app')
      .map(({ message }) => message)
      .join('\n'),
  ).toContain('"GET /style.css HTTP/1.1" 200');
});
