import type { RouteRule } from '../../src/cell/cell';
import { Directory, type Backend } from '../../src/cell/directory';

function backend(appGuid: string, index = 0): Backend {
  return {
    instanceGuid: `${appGuid}-${index}`,
    appGuid,
    processType: 'web',
    index,
    address: `10.255.0.${appGuid.length}${index}`,
  };
}

function route(hostname: string, appGuid: string, over: Partial<RouteRule> = {}): RouteRule {
  return { hostname, path: '', internal: false, destinations: [{ appGuid, processType: 'web', port: 8080 }], ...over };
}

const BACKENDS = [backend('a'), backend('a', 1), backend('bb'), backend('ccc')];

function matched(directory: Directory, host: string, path = '/'): string[] | undefined {
  return directory.match(host, path)?.endpoints.map(({ instanceGuid }) => instanceGuid);
}

test('an exact host wins over a wildcard, a longer wildcard over a shorter one, a longer path over a shorter one', () => {
  const directory = new Directory(
    [
      route('*.apps.localhost', 'a'),
      route('*.deep.apps.localhost', 'bb'),
      route('demo.apps.localhost', 'bb'),
      route('demo.apps.localhost', 'ccc', { path: '/api' }),
      route('demo.apps.localhost', 'a', { path: '/api/v1' }),
    ],
    BACKENDS,
  );
  expect(matched(directory, 'other.apps.localhost')).toEqual(['a-0', 'a-1']);
  expect(matched(directory, 'x.deep.apps.localhost')).toEqual(['bb-0']);
  expect(matched(directory, 'demo.apps.localhost')).toEqual(['bb-0']);
  expect(matched(directory, 'demo.apps.localhost', '/api')).toEqual(['ccc-0']);
  expect(matched(directory, 'demo.apps.localhost', '/api/v1/x')).toEqual(['a-0', 'a-1']);
  expect(matched(directory, 'demo.apps.localhost', '/api/v10')).toEqual(['ccc-0']);
  expect(matched(directory, 'demo.apps.localhost', '/apix')).toEqual(['bb-0']);
  expect(matched(directory, 'apps.localhost')).toBeUndefined();
});

test('a route without instances does not exist', () => {
  const directory = new Directory(
    [route('demo.apps.localhost', 'nobody'), route('none.apps.localhost', 'a', { destinations: [] })],
    BACKENDS,
  );
  expect(matched(directory, 'demo.apps.localhost')).toBeUndefined();
  expect(matched(directory, 'none.apps.localhost')).toBeUndefined();
});

test('an internal route is a name for all instances and for each, and never served by the router', () => {
  const directory = new Directory([route('a.apps.internal', 'a', { internal: true })], BACKENDS);
  expect(directory.resolve('a.apps.internal')).toEqual(['10.255.0.10', '10.255.0.11']);
  expect(directory.resolve('1.a.apps.internal')).toEqual(['10.255.0.11']);
  expect(directory.resolve('2.a.apps.internal')).toEqual([]);
  expect(directory.resolve('x.a.apps.internal')).toEqual([]);
  expect(matched(directory, 'a.apps.internal')).toBeUndefined();
});

test('two routes to one instance list its address once', () => {
  const destinations = [8080, 9090].map((port) => ({ appGuid: 'bb', processType: 'web', port }));
  const directory = new Directory([route('b.apps.internal', 'bb', { internal: true, destinations })], BACKENDS);
  expect(directory.resolve('b.apps.internal')).toEqual(['10.255.0.20']);
});
