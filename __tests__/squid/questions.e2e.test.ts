import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQUID } from '../../constructs/proxy-source';
import { connect, request } from './client';
import { docker, removeAll } from './docker';
import { KINDS, startLaboratory, type Laboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(120 * SECONDS);

/** The path of squid's helper, by kind. */
const HELPER = { image: '/opt/egress-proxy/questions.awk', buildpack: '/home/vcap/app/questions.awk' } as const;

let laboratory: Laboratory;
let folder: string;

beforeAll(async () => {
  laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
  folder = await mkdtemp(join(tmpdir(), 'space-egress-squid-'));
  await chmod(folder, 0o755);
}, 300 * SECONDS);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await removeAll();
}, 60 * SECONDS);

test.each(KINDS)('by %s, a helper that takes longer than a hundredth of a second is asked once', async (kind) => {
  const helper = join(folder, `${kind}.awk`);
  const slow = '{ system("sleep 0.05"); print >> "/dev/shm/egress/asked"; fflush("/dev/shm/egress/asked") }';
  await writeFile(helper, `${slow}\n${await readFile(join(SQUID, 'questions.awk'), 'utf8')}`, { mode: 0o644 });
  const proxy = await laboratory.startProxy({
    kind,
    allow: ['.example.org:80,443'],
    arguments: ['--volume', `${helper}:${HELPER[kind]}:ro`],
  });
  const asked = async (): Promise<number> =>
    (await docker('exec', proxy.container, 'cat', '/dev/shm/egress/asked'))
      .split('\n')
      .filter((question) => question.startsWith('plenty')).length;
  const before = await asked();
  expect(await request(proxy, 'http://www.example.org/')).toMatchObject({ status: 200 });
  expect(await connect(proxy, 'www.example.org:443')).toMatchObject({ status: 200 });
  expect(await asked()).toBe(before + 2);
});
