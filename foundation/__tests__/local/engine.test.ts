import { connectEngine, engineSocket } from '../../src/local/engine';

describe("the path of the engine's socket", () => {
  const linux = { hostname: 'here', operatingSystem: 'Debian GNU/Linux 12 (bookworm)' };

  it("is the client's own if the engine runs on this machine, rootless or not", () => {
    expect(engineSocket('/run/docker.sock', linux, 'here')).toBe('/run/docker.sock');
    expect(engineSocket('/run/user/1000/docker.sock', linux, 'here')).toBe('/run/user/1000/docker.sock');
  });

  it("is the usual one in a virtual machine, wherever the client's is", () => {
    const desktop = { hostname: 'docker-desktop', operatingSystem: 'Docker Desktop' };
    expect(engineSocket('/home/me/.docker/run/docker.sock', desktop, 'here')).toBe('/var/run/docker.sock');
    expect(engineSocket('/home/me/.docker/run/docker.sock', { ...desktop, hostname: 'here' }, 'here')).toBe(
      '/var/run/docker.sock',
    );
    const colima = { hostname: 'colima', operatingSystem: 'Ubuntu 24.04' };
    expect(engineSocket('/home/me/.colima/docker.sock', colima, 'here')).toBe('/var/run/docker.sock');
  });

  it('is the usual one when the client reaches the engine over the network', () =>
    expect(engineSocket(undefined, linux, 'here')).toBe('/var/run/docker.sock'));
});

describe('the container engine', () => {
  const before = process.env.DOCKER_HOST;

  afterEach(() => {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  });

  it('is looked for at DOCKER_HOST, which is in the message if nothing answers', async () => {
    process.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    await expect(connectEngine()).rejects.toThrow(
      /^no container engine at \/nowhere\/docker\.sock \(.*ENOENT.*\); install Docker and start it, or point DOCKER_HOST to it$/,
    );
  });
});
