import { ALLOW, names, type Places } from './attempts';
import { inside, twoGreetings } from './attempts/ways';
import { removeAll } from './docker';
import { greeting } from './greeting';
import { KINDS, type Kind, type Laboratory, type Proxy, startEach, startLaboratory } from './laboratory';

const SECONDS = 1000;
jest.setTimeout(90 * SECONDS);

const LISTED = 'www.example.org';
const OTHER = 'www.example.net';

let laboratory: Laboratory;
let places: Places;
let proxies: Record<Kind, Proxy>;

beforeAll(async () => {
  laboratory = await startLaboratory((site, privateAddress, nobody) => names({ site, privateAddress, nobody }));
  const { site, nobody, private: neighbor } = laboratory;
  places = { site, nobody, privateAddress: neighbor.address, queries: () => laboratory.queries() };
  proxies = await startEach(laboratory, { allow: ALLOW });
}, 300 * SECONDS);

afterAll(removeAll, 60 * SECONDS);

describe.each(KINDS)('by %s,', (kind) => {
  test('a second greeting, which the server has asked for, may name another host: docs/security.md says so', async () => {
    expect(await twoGreetings([LISTED, OTHER])(proxies[kind], places)).toBe(`reached ${OTHER}`);
  });

  test.each([
    [LISTED, OTHER],
    [OTHER, LISTED],
  ])('a greeting that names %s, and %s in an extension of its own, is refused', async (first, second) => {
    const text = greeting(first, second).toString('latin1');
    expect(await inside(`${LISTED}:443`, text)(proxies[kind], places)).toMatch(/^(cut|a TLS alert)$/);
  });
});
