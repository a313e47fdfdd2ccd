import { setTimeout } from 'node:timers/promises';
import { connect, request } from './client';
import { changed, logs, removeAll, shell, until } from './docker';
import { type Kind, KINDS, startLaboratory, type Laboratory, type Proxy } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(120 * SECONDS);

/** The path of squid's helper, by kind. */
const HELPER = { image: '/opt/egress-proxy/questions.awk', buildpack: '/home/vcap/app/questions.awk' } as const;

let laboratory: Laboratory;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

/** A proxy whose helper is changed, and which writes notes. */
async function withHelper(kind: Kind, change: (text: string) => string): Promise<WithNotes> {
  const proxy = await laboratory.startProxy({
    kind,
    allow: ['.example.org:80,443'],
    arguments: await changed('questions.awk', change, HELPER[kind]),
  });
  const notes = async (): Promise<string[]> =>
    (await shell(proxy.container, `touch ${NOTES} && cat ${NOTES}`)).split('\n').filter(Boolean);
  return { proxy, notes };
}

/** After the number of the question. */
const PLENTY = /^\d+ (plain_)?plenty /;

const NOTES = '/dev/shm/egress/notes';
const note = (what: string): string => `print ${what} >> "${NOTES}"; fflush("${NOTES}")`;

interface WithNotes {
  readonly proxy: Proxy;
  readonly notes: () => Promise<string[]>;
}

test.each(KINDS)('by %s, a helper that takes longer than a hundredth of a second is asked once', async (kind) => {
  const { proxy, notes } = await withHelper(kind, (text) => `{ system("sleep 0.05"); ${note('$0')} }\n${text}`);
  const asked = async (): Promise<number> => (await notes()).filter((question) => PLENTY.test(question)).length;
  const before = await asked();
  expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
  expect(await connect(proxy, 'www.example.org:443')).toMatchObject({ status: 200 });
  expect(await asked()).toBe(before + 2);
});

test.each(KINDS)(
  'by %s, connections of the same thousandth of a second share one question about room',
  async (kind) => {
    const { proxy, notes } = await withHelper(kind, (text) => `{ ${note('$0')} }\n${text}`);
    expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
    const questions = (await notes()).filter((question) => PLENTY.test(question));
    expect(questions).not.toEqual([]);
    for (const question of questions) expect(question).toMatch(/^\d+ (plain_)?plenty \d+\.\d{3} -$/);
  },
);

test('requests beyond those that can wait for the helper are refused as crowded, and tunnels are not', async () => {
  const { proxy } = await withHelper('image', (text) => `/plain_plenty/ { system("sleep 0.5") }\n${text}`);
  // This starts it.
  expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
  const refused: unknown[] = [];
  // One address can have a few more connections than that.
  for (let number = 0; number < 46; number += 1) {
    void request(proxy, 'http://www.example.org/').then(
      ({ status, error }) => status !== 200 && refused.push({ status, error }),
      () => undefined,
    );
    await setTimeout(3);
  }
  await until('a refusal', () => Promise.resolve(refused[0]));
  expect(await connect(proxy, 'www.example.org:443')).toMatchObject({ status: 200 });
  expect(refused).toContainEqual({ status: 503, error: 'ERR_CROWDED' });
  const line = await until('its line in the log', async () =>
    (await logs(proxy.container)).stdout.split('\n').find((each) => each.includes('"status":503')),
  );
  expect(JSON.parse(line)).toMatchObject({ verdict: 'failed', rule: 'crowded', host: 'www.example.org' });
});

test("the list of sockets, which has thousands of ended connections, isn't read while few are open", async () => {
  const { proxy, notes } = await withHelper('image', (text) =>
    text.replace(/^function read_list\(.*\{$/m, (start) => `${start}\n  ${note('file')}`),
  );
  for (let round = 0; round < 3; round += 1) {
    expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
    expect(await connect(proxy, 'www.example.org:443')).toMatchObject({ status: 200 });
    await setTimeout(1_100);
  }
  expect(await notes()).toEqual([]);
});
