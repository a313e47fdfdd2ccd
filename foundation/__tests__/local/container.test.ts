import { foundationContainer } from '../../src/local/container';
import { internetSpec, registrySpec } from '../../src/internet/support-containers';
import { readSettings, type Settings } from '../../src/settings';

const settings: Settings = {
  name: 'test',
  ports: { api: 9000, router: 9001, registry: 9002, ssh: 9003 },
  overlay: { network: 'space-egress-test-overlay', cidr: '10.255.0.0/22', gateway: '10.255.0.1' },
  internet: { network: 'space-egress-test-internet', cidr: '198.51.100.0/25', gateway: '198.51.100.1' },
  image: 'space-egress/foundation:1',
  stackImage: 'space-egress/stack:1',
  dataDir: '/var/lib/foundation',
  appsDomain: 'apps.localhost',
  drainDelay: 1000,
};
const input = { settings, socket: '/run/docker.sock', hostCertificates: 'A' };

const variables = (env: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

describe("the foundation's container", () => {
  it('gets its settings through its environment', () => {
    expect(readSettings(variables(foundationContainer(input).Env))).toEqual(settings);
    expect(() => readSettings({})).toThrow('space-egress local up');
  });

  it("has its own address outside of the engine's range, and ports only on loopback", () => {
    const { NetworkingConfig: network, HostConfig: host } = foundationContainer(input);
    expect(network?.EndpointsConfig).toEqual({
      [settings.overlay.network]: { IPAMConfig: { IPv4Address: '10.255.0.2' } },
    });
    expect(host?.PortBindings).toEqual({
      '9000/tcp': [{ HostIp: '127.0.0.1', HostPort: '9000' }],
      '9001/tcp': [{ HostIp: '127.0.0.1', HostPort: '9001' }],
      '9003/tcp': [{ HostIp: '127.0.0.1', HostPort: '9003' }],
    });
  });

  it('is replaced if its image, settings, socket, or certificates change, and kept otherwise', () => {
    const revision = (change: object): string | undefined =>
      foundationContainer({ ...input, ...change }).Labels?.['space-egress.revision'];
    const revisions = [
      {},
      { settings: { ...settings, image: 'space-egress/foundation:2' } },
      { settings: { ...settings, drainDelay: 0 } },
      { socket: '/var/run/docker.sock' },
      { hostCertificates: 'B' },
    ].map(revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(revision({})).toBe(revisions[0]);
  });
});

describe('every container that a foundation starts for itself', () => {
  const specs = [foundationContainer(input), registrySpec(settings).options, internetSpec(settings).options];

  it.each(specs)(
    'has no capability but what it needs, can gain none, and is started by nobody else',
    ({ HostConfig }) => {
      expect(HostConfig?.CapDrop).toEqual(['ALL']);
      expect([undefined, ['NET_ADMIN']]).toContainEqual(HostConfig?.CapAdd);
      expect(HostConfig?.SecurityOpt).toContain('no-new-privileges');
      expect(HostConfig?.RestartPolicy).toBeUndefined();
      expect(HostConfig?.Privileged).toBeUndefined();
    },
  );

  it('keeps its data in a volume, and only the foundation mounts a path of the host: the socket', () => {
    const mounts = specs.map(({ HostConfig }) => HostConfig?.Mounts?.map(({ Type, Source }) => `${Type} ${Source}`));
    expect(mounts).toEqual([
      ['volume space-egress-test', 'bind /run/docker.sock'],
      ['volume space-egress-test-registry'],
      ['volume space-egress-test-internet'],
    ]);
  });
});
