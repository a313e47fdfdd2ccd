import { OutOfReach, Reach, type Target } from '../../src/osb/reach';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'broker.example.gov': ['93.184.216.34'],
  'inside.example.gov': ['10.1.2.3'],
  'both.example.gov': ['93.184.216.34', '127.0.0.1'],
  'nowhere.example.gov': [],
};

const reach = new Reach({
  routeDomains: () => ['apps.localhost', 'apps.example.gov'],
  routerPort: 8701,
  isSimulated: (name) => name === 'www.example.com',
  lookup: (name) => Promise.resolve(NAMES[name] ?? []),
});

const at = (host: string, more: Partial<Target> = {}) => reach.locate({ secure: false, host, port: 80, ...more });

test('a route is requested from the router, whatever its name resolves to', async () => {
  const router = { secure: false, address: '127.0.0.1', port: 8701 };
  for (const host of ['broker.apps.localhost', 'BROKER.apps.localhost.', 'apps.localhost', 'a.b.apps.example.gov']) {
    expect(await at(host)).toEqual(router);
    expect(await at(host, { port: 8701 })).toEqual(router);
    expect(await at(host, { secure: true, port: 443 })).toEqual(router);
  }
});

test('a host on the internet is requested at the address that was checked', async () => {
  expect(await at('broker.example.gov', { secure: true, port: 8443 })).toEqual({
    secure: true,
    address: '93.184.216.34',
    port: 8443,
  });
  expect(await at('8.8.8.8')).toEqual({ secure: false, address: '8.8.8.8', port: 80 });
});

test.each([
  'inside.example.gov',
  'both.example.gov',
  'nowhere.example.gov',
  'www.example.com',
  'xapps.localhost',
  'metadata',
])('the name %s is refused', async (host) => {
  await expect(at(host)).rejects.toThrow(OutOfReach);
});

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '10.255.0.2',
  '10.255.255.255',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.224.2',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.10',
  '203.0.113.10',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[2001:4860:4860::8888]',
  '[fd00::1]',
])('the address %s is refused', async (host) => {
  await expect(at(host)).rejects.toThrow(OutOfReach);
});
