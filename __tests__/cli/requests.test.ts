import { jsonIn, NoAnswer, Requests, type Waiting } from '../../cli/requests';

/** A clock that advances only by sleeping. */
function clock(): Waiting & { readonly slept: number[]; readonly told: string[] } {
  let now = Date.parse('2026-12-31T10:00:00Z');
  const slept: number[] = [];
  const told: string[] = [];
  return {
    slept,
    told,
    now: () => now,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      const until = now + milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
      now = Math.max(now, until);
    },
    tell: (text) => told.push(text),
  };
}

const answers = (...all: readonly [status: number, headers?: Record<string, string>][]) => {
  const left = [...all];
  const asked: string[] = [];
  const fetching = ((url: string) => {
    asked.push(url);
    const [status, headers] = left.shift() ?? [200];
    return Promise.resolve(new Response('{}', { status, headers }));
  }) as typeof fetch;
  return { fetching, asked };
};

const URL_ = 'https://api.example.gov/v3/apps';

test.each([
  ['seconds', { 'retry-after': '7' }, 7000],
  ['a date', { 'retry-after': 'Thu, 31 Dec 2026 10:00:30 GMT' }, 30_000],
  [
    'when its limit starts again',
    { 'x-ratelimit-reset': String(Date.parse('2026-12-31T10:20:00Z') / 1000) },
    1_200_000,
  ],
  ['nothing', {}, 1000],
])('a limit that asks to wait by %s is waited for, and then asked again', async (_, headers, wait) => {
  const waiting = clock();
  const { fetching, asked } = answers([429, headers], [200]);
  expect((await new Requests(waiting, fetching).send(URL_)).status).toBe(200);
  expect([waiting.slept, asked]).toEqual([[wait], [URL_, URL_]]);
});

test.each(['0', '-5', '1.5', 'Mon, 01 Jan 2001 00:00:00 GMT'])(
  'a limit that asks to wait for "%s" is not asked again without a pause',
  async (after) => {
    const waiting = clock();
    const { fetching } = answers([429, { 'retry-after': after }], [200]);
    expect((await new Requests(waiting, fetching).send(URL_)).status).toBe(200);
    expect(waiting.slept).toEqual([1000]);
  },
);

test.each(['<html>log in</html>', '{"resources":['])('an answer of "%s" is invalid, with its address', (text) => {
  expect(() => jsonIn(new Response(text), text)).toThrow(NoAnswer);
  expect(() => jsonIn(new Response(text), text)).toThrow(
    'not with complete JSON: check that CF_API_URL is the API itself',
  );
});

test('a wait applies to all requests, and a long one is reported once', async () => {
  const waiting = clock();
  const { fetching, asked } = answers([429, { 'retry-after': '60' }], [429, { 'retry-after': '60' }]);
  const requests = new Requests(waiting, fetching);
  await Promise.all([requests.send(URL_), requests.send(URL_)]);
  expect(asked).toHaveLength(4);
  expect(waiting.told).toEqual(['api.example.gov asks to wait 60 s, because of its rate limit']);
});

test('what is down for a moment is read again, and nothing is written twice', async () => {
  const reads = answers([503], [502], [200]);
  expect((await new Requests(clock(), reads.fetching).send(URL_)).status).toBe(200);
  const writes = answers([503]);
  expect((await new Requests(clock(), writes.fetching).send(URL_, { method: 'POST' })).status).toBe(503);
  expect(writes.asked).toHaveLength(1);
});

test('what stays down, or would have to be waited for longer than an hour, is answered as it is', async () => {
  const down = answers([503], [503], [503], [503], [503]);
  expect((await new Requests(clock(), down.fetching).send(URL_)).status).toBe(503);
  expect(down.asked).toHaveLength(4);
  const waiting = clock();
  const { fetching } = answers([429, { 'retry-after': '86400' }]);
  expect((await new Requests(waiting, fetching).send(URL_)).status).toBe(429);
  expect(waiting.slept).toEqual([]);
});

test('no more than eight requests are on their way at once, whatever became of those before', async () => {
  let running = 0;
  let most = 0;
  const fetching = (async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (most % 2 === 0) throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    return new Response('{}');
  }) as typeof fetch;
  const requests = new Requests(clock(), fetching);
  const ends = await Promise.allSettled(Array.from({ length: 50 }, () => requests.send(URL_)));
  expect([most, running]).toEqual([8, 0]);
  const failed = ends.filter((end) => end.status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed[0]?.reason).toBeInstanceOf(NoAnswer);
});
