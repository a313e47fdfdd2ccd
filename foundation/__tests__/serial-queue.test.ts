import { SerialQueue } from '../src/serial-queue';

test('tasks run one at a time, even after a failed one', async () => {
  const queue = new SerialQueue();
  const steps: string[] = [];
  const task =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      steps.push(`${name} begins`);
      await new Promise(setImmediate);
      steps.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([queue.run(task('a', true)), queue.run(task('b')), queue.run(task('c'))]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('a queue is idle when nothing waits and nothing runs', async () => {
  const queue = new SerialQueue();
  expect(queue.isIdle).toBe(true);
  const running = queue.run(() => Promise.resolve());
  expect(queue.isIdle).toBe(false);
  await running;
  expect(queue.isIdle).toBe(true);
});
