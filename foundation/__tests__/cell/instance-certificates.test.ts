import { X509Certificate } from 'node:crypto';
import { createAuthority, type KeyPair } from '../../src/authority';
import type { RouteRule } from '../../src/cell/cell';
import {
  CERTIFICATE_LIFETIME,
  type Credentials,
  InstanceCertificates,
  type Subject,
} from '../../src/cell/instance-certificates';

const HOUR = 3_600_000;
const SUBJECT: Subject = {
  instanceGuid: 'instance',
  appGuid: 'app',
  processType: 'web',
  spaceGuid: 'space',
  organizationGuid: 'organization',
  address: '10.255.0.16',
};

let authority: KeyPair;
let certificates: InstanceCertificates;
let delivered: Credentials[];
let failures: string[];

function route(hostname: string, over: Partial<RouteRule> = {}): RouteRule {
  const destinations = [{ appGuid: 'app', processType: 'web', port: 8080 }];
  return { hostname, path: '', internal: true, destinations, ...over };
}

const deliver = (credentials: Credentials): Promise<void> => {
  delivered.push(credentials);
  return Promise.resolve();
};

beforeAll(async () => {
  authority = await createAuthority('authority of test');
});

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z'), doNotFake: ['nextTick', 'setImmediate'] });
  delivered = [];
  failures = [];
  certificates = new InstanceCertificates(authority, CERTIFICATE_LIFETIME, (key, { message }) => {
    failures.push(`${key}: ${message}`);
  });
});

afterEach(() => {
  certificates.close();
  jest.useRealTimers();
});

const namesOf = (credentials?: Credentials): string | undefined =>
  credentials && new X509Certificate(credentials.server.certificate).subjectAltName;

test("the server's certificate has exactly the names of its process's internal routes", async () => {
  certificates.replace([
    route('b.apps.internal'),
    route('a.apps.internal'),
    route('a.apps.internal', { path: '/twice' }),
    route('public.apps.localhost', { internal: false }),
    route('other.apps.internal', { destinations: [{ appGuid: 'other', processType: 'web', port: 8080 }] }),
    route('worker.apps.internal', { destinations: [{ appGuid: 'app', processType: 'worker', port: 8080 }] }),
  ]);
  expect(namesOf(await certificates.issue(SUBJECT))).toBe('DNS:instance, DNS:a.apps.internal, DNS:b.apps.internal');
});

test("an instance gets a new certificate when its own names change, but not when another's do", async () => {
  certificates.keep(SUBJECT, deliver, await certificates.issue(SUBJECT));
  await certificates.enforce();
  certificates.replace([route('x.apps.internal', { destinations: [] })]);
  await certificates.enforce();
  expect(delivered).toEqual([]);
  certificates.replace([route('a.apps.internal')]);
  await certificates.enforce();
  await certificates.enforce();
  expect(delivered.map(namesOf)).toEqual(['DNS:instance, DNS:a.apps.internal']);
});

test('an instance whose certificate is unknown gets one at once', async () => {
  certificates.keep(SUBJECT, deliver);
  await certificates.enforce();
  expect(delivered).toHaveLength(1);
});

test('a certificate is replaced half an hour before it expires, and when the clock is set back before its start', async () => {
  certificates.keep(SUBJECT, deliver, await certificates.issue(SUBJECT));
  const at = async (time: number): Promise<number> => {
    jest.setSystemTime(time);
    await certificates.enforce();
    return delivered.length;
  };
  const start = Date.now();
  expect(await at(start + 23.4 * HOUR)).toBe(0);
  expect(await at(start + 23.6 * HOUR)).toBe(1);
  expect(await at(start + 30 * HOUR)).toBe(1);
  expect(await at(start - 30 * HOUR)).toBe(2);
});

test('a failed delivery is reported and retried, unless the instance is gone', async () => {
  let attempts = 0;
  const fail = (): Promise<void> => {
    attempts += 1;
    if (attempts === 2) certificates.forget(SUBJECT.instanceGuid);
    return Promise.reject(new Error('no such container'));
  };
  certificates.keep(SUBJECT, fail);
  await certificates.enforce();
  await certificates.enforce();
  await certificates.enforce();
  expect(attempts).toBe(2);
  expect(failures).toEqual(['instance: no such container']);
});
