import type Docker from 'dockerode';
import { UsageMeter } from '../../src/cell/app-container';

const refused = (statusCode: number): Error => Object.assign(new Error('refused'), { statusCode });

/** A container whose numbers can't be read, in some state or gone. */
function container(numbers: Error, state: object | Error): Docker.Container {
  const inspect = (options?: object): Promise<unknown> => {
    if (options !== undefined) return Promise.reject(numbers);
    return state instanceof Error ? Promise.reject(state) : Promise.resolve({ State: state });
  };
  return { stats: () => Promise.reject(numbers), inspect } as unknown as Docker.Container;
}

test.each([
  ['is gone', refused(404), refused(404)],
  ['has ended', refused(500), { Running: false, Dead: false }],
  ['is being removed', refused(409), { Running: true, Dead: true }],
])('a container that %s uses nothing, whatever numbers the engine reports', async (_what, numbers, state) => {
  await expect(new UsageMeter().read(container(numbers, state))).resolves.toBeUndefined();
});

test('fails for a running container if the engine refuses its numbers', async () => {
  const running = container(refused(500), { Running: true, Dead: false });
  await expect(new UsageMeter().read(running)).rejects.toThrow('refused');
});
