import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerHosts, dockerOptions } from '../../tools/container-engine';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'docker-host-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function saveContext(name: string, address: string, current = name): void {
  const folder = join(home, '.docker', 'contexts', 'meta', createHash('sha256').update(name).digest('hex'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: address } } }));
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: current }));
}

const addresses = (env: NodeJS.ProcessEnv): string[] => dockerHosts(env, home).map(({ address }) => address);
const usual = () => ['unix:///var/run/docker.sock', `unix://${home}/.docker/run/docker.sock`];

test('if nothing is set, the usual sockets are tried in order', () => {
  expect(addresses({})).toEqual(usual());
  expect(addresses({ XDG_RUNTIME_DIR: '/run/user/1' })).toEqual([...usual(), 'unix:///run/user/1/docker.sock']);
});

test('DOCKER_HOST is the only address if it is set, even with a context', () => {
  saveContext('desktop', 'unix:///desktop.sock');
  expect(addresses({ DOCKER_HOST: 'tcp://127.0.0.1:2375' })).toEqual(['tcp://127.0.0.1:2375']);
});

test("the docker command's current context names the only address", () => {
  saveContext('desktop', 'unix:///desktop.sock');
  expect(dockerHosts({}, home)).toEqual([{ address: 'unix:///desktop.sock', origin: 'docker context "desktop"' }]);
});

test('DOCKER_CONTEXT overrides the current context, and default means none', () => {
  saveContext('desktop', 'unix:///desktop.sock', 'other');
  expect(addresses({ DOCKER_CONTEXT: 'desktop' })).toEqual(['unix:///desktop.sock']);
  expect(addresses({ DOCKER_CONTEXT: 'default' })).toEqual(usual());
});

test('a socket and a port become options of the client', () => {
  expect(dockerOptions('unix:///a/b.sock')).toEqual({ socketPath: '/a/b.sock' });
  expect(dockerOptions('tcp://localhost:2376')).toEqual({ protocol: 'http', host: 'localhost', port: 2376 });
  expect(dockerOptions('tcp://localhost')).toEqual({ protocol: 'http', host: 'localhost', port: 2375 });
});

test.each(['ssh://me@host', 'npipe:////./pipe/docker_engine', 'localhost:2375'])(
  'the address %s is refused',
  (address) => {
    expect(() => dockerOptions(address)).toThrow(`the container engine's address "${address}" can't be used`);
  },
);
