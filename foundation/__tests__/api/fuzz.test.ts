import { fuzz } from './fuzz';
import { openTarget, type Target } from './fuzz-target';

jest.setTimeout(300_000);

const REQUESTS = 5000;
const SEED = 20261124;

let target: Target;

beforeAll(async () => {
  target = await openTarget();
});

afterAll(() => target.close());

test('every endpoint reports every malformed request in the right format', async () => {
  const { statuses, faults } = await fuzz(target.foundation.service.url, target.fuzzer(SEED), REQUESTS);
  expect(faults).toEqual([]);
  expect(target.foundation.failures).toEqual([]);
  // Makes sure that requests get past authentication and routing.
  for (const status of [200, 401, 404, 422]) expect(statuses[status]).toBeGreaterThan(REQUESTS / 100);
});
