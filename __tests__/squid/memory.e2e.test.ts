import { setTimeout } from 'node:timers/promises';
import { PROXY_HEALTH } from '../../constructs/health-check';
import { request } from './client';
import { docker, removeAll, until } from './docker';
import { flood, FLOODS } from './floods';
import { type Laboratory, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(300 * SECONDS);

/** From each of the addresses: more than the proxy takes. */
const SOCKETS_PER_MIB = 8;
/** How long a flood goes on when all of its connections are open. */
const HELD_MS = 3 * SECONDS;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

test.each([64, 128, 256])(
  'a container of %i MB outlives every flood of two addresses, one after the other',
  async (mib) => {
    const limit = `${mib}m`;
    const proxy = await laboratory.startProxy({
      allow: ['.example.org:80,443', 'git.example.org:22/tcp'],
      environment: { MEMORY_LIMIT: limit },
      arguments: ['--memory', limit, '--memory-swap', limit],
    });
    const addresses = await docker(
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}',
      proxy.container,
    );
    const listeners = addresses.split(' ').map((host) => ({ ...proxy, host }));
    expect(listeners).toHaveLength(2);
    for (const kind of FLOODS) {
      const sockets = (
        await Promise.all(listeners.map((listener) => flood(listener, kind, SOCKETS_PER_MIB * mib)))
      ).flat();
      await setTimeout(HELD_MS);
      for (const socket of sockets) socket.destroy();
      const state = await docker('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', proxy.container);
      expect([kind.what, state]).toEqual([kind.what, 'false true']);
      await until('room', () =>
        request(proxy, 'http://www.example.org/').then(
          ({ status }) => (status === 200 ? true : undefined),
          () => undefined,
        ),
      );
      expect(await request(proxy, PROXY_HEALTH)).toMatchObject({ status: 200 });
    }
  },
);
