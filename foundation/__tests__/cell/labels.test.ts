import type { InstanceSpec } from '../../src/cell/cell';
import { specHash } from '../../src/cell/labels';

const SPEC: InstanceSpec = {
  instanceGuid: 'i',
  appGuid: 'a',
  appName: 'app',
  spaceGuid: 's',
  organizationGuid: 'organization',
  processGuid: 'p',
  processType: 'web',
  index: 0,
  droplet: { kind: 'docker', image: 'image' },
  env: { A: '1', B: '2' },
  memory: 64,
  disk: 64,
  ports: [8080, 9090],
  healthCheck: { type: 'port', endpoint: '', timeout: 60, interval: 30, invocationTimeout: 1 },
};

test('the hash of a specification does not depend on the order of its keys', () => {
  const turned = Object.fromEntries(
    Object.entries({ ...SPEC, env: { B: '2', A: '1' } }).reverse(),
  ) as unknown as InstanceSpec;
  expect(specHash(turned)).toBe(specHash(SPEC));
});

test('any difference in a specification changes its hash', () => {
  const others: InstanceSpec[] = [
    { ...SPEC, memory: 65 },
    { ...SPEC, env: { A: '1' } },
    { ...SPEC, ports: [9090, 8080] },
    { ...SPEC, droplet: { kind: 'docker', image: 'other' } },
  ];
  expect(new Set([SPEC, ...others].map(specHash)).size).toBe(others.length + 1);
});
