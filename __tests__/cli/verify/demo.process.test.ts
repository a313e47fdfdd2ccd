import { verify } from '../../../cli/verify/verify';
import { Stage } from '../../app/support/stage';

const stage = new Stage();
afterEach(() => stage.close());

test('a demo without probes is inconclusive, with what its environment lacks', async () => {
  const { url } = await stage.app({});
  const asked = verify({ appUrl: url, proxyUrl: 'http://egress-proxy.apps.internal:3128', objects: {} });
  await expect(asked).rejects.toMatchObject({
    name: 'Inconclusive',
    reason: 'application cannot ask',
    because: `${url}/egress says: EGRESS_PROBES is not set: there is nothing to probe`,
  });
});
