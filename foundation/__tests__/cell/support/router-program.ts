/** The router in a separate process, in front of one instance on the given port. */
import { randomBytes } from 'node:crypto';
import { RouteServiceSignature } from '../../../src/cell/router-choice';
import { Router } from '../../../src/cell/router';

const instance = {
  instanceGuid: 'instance',
  appGuid: 'app',
  processType: 'web',
  index: 0,
  address: '127.0.0.1',
  port: Number(process.argv[2]),
};

void Router.listen({
  host: '127.0.0.1',
  port: 0,
  match: (host) => (host === 'demo.apps.localhost' ? { key: host, path: '/', endpoints: [instance] } : undefined),
  signature: new RouteServiceSignature(randomBytes(32)),
  log: () => undefined,
}).then(({ port }) => console.log(`the router listens on http://127.0.0.1:${port}`));
