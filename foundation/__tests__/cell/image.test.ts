import { fullReference, imageFacts, registryOf } from '../../src/cell/image';

test.each([
  ['squid', 'squid:latest'],
  ['squid:6', 'squid:6'],
  ['localhost:8702/team/squid', 'localhost:8702/team/squid:latest'],
  ['localhost:8702/team/squid:6', 'localhost:8702/team/squid:6'],
  ['squid@sha256:abc', 'squid@sha256:abc'],
])('%s is pulled as %s', (image, reference) => expect(fullReference(image)).toBe(reference));

test.each([
  ['squid', 'https://index.docker.io/v1/'],
  ['team/squid', 'https://index.docker.io/v1/'],
  ['ghcr.io/team/squid', 'ghcr.io'],
  ['localhost/squid', 'localhost'],
  ['localhost:8702/squid', 'localhost:8702'],
])('%s comes from %s', (image, registry) => expect(registryOf(image)).toBe(registry));

test('an image has its TCP ports in order, and its start command', () =>
  expect(
    imageFacts({
      ExposedPorts: { '8080/tcp': {}, '53/udp': {}, '3128/tcp': {}, '99': {} },
      Entrypoint: ['/entrypoint'],
      Cmd: ['serve'],
      User: 'proxy',
      WorkingDir: '/srv',
    }),
  ).toEqual({ ports: [99, 3128, 8080], entrypoint: ['/entrypoint'], cmd: ['serve'], user: 'proxy', workdir: '/srv' }));

test('an image without configuration has neither', () =>
  expect(imageFacts({ ExposedPorts: null, Entrypoint: null, Cmd: null })).toEqual({
    ports: [],
    entrypoint: [],
    cmd: [],
    user: '',
    workdir: '',
  }));
