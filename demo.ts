import type { Probe } from './app/types';
import type { S3Config } from './config';
import { type Egress, S3, type S3Credentials, ServiceKind, type Target } from './constructs';

/** The S3 service of the demo, and what its bucket is to the space's security groups. */
export interface DemoBucket {
  readonly serviceName: string;
  readonly kind: ServiceKind;
  /** Undefined for a bucket of which only the service's name is known. */
  readonly target?: Target;
}

/** @param credentials are asked for only where the stack makes the service from them */
export function demoBucket(s3: S3Config, credentials: () => S3Credentials): DemoBucket {
  const serviceName = 'egress-test-s3';
  switch (s3.kind) {
    case 'user-provided':
      return { serviceName, kind: S3.userProvided(credentials()), target: 'own bucket' };
    case 'managed':
      return { serviceName, kind: ServiceKind.managed(s3.offering, s3.plan), target: 'brokered bucket' };
    case 'existing':
      return { serviceName: s3.name, kind: ServiceKind.existing() };
  }
}

/** What the allowlist of the example decides, whatever the space. */
const SITES: readonly Probe[] = [
  { name: 'allowed site', url: 'https://www.example.com/', way: 'proxy', expect: 'reached' },
  { name: 'site below an allowed domain', url: 'http://www.example.org/', way: 'proxy', expect: 'reached' },
  { name: 'site not listed', url: 'https://www.example.net/', way: 'proxy', expect: 'refused by proxy' },
  { name: 'port not listed', url: 'https://www.example.com:8443/', way: 'proxy', expect: 'refused by proxy' },
  { name: "the platform's metadata", url: 'http://169.254.169.254/', way: 'proxy', expect: 'refused by proxy' },
];

/** Names below a listed domain that lead where the proxy lets nobody; only the simulated internet has them. */
const TRAPS: readonly Probe[] = [
  {
    name: 'listed name, private address',
    url: 'http://private.example.org/',
    way: 'proxy',
    expect: 'refused by proxy',
  },
  { name: 'listed name, metadata', url: 'http://metadata.example.org/', way: 'proxy', expect: 'refused by proxy' },
  { name: 'listed name, loopback', url: 'http://loopback.example.org/', way: 'proxy', expect: 'refused by proxy' },
];

/**
 * What the demo asks and what must come of it: from the allowlist, the security groups of the space and the kind of the
 * bucket. What can't be known is not asked.
 */
export function demoProbes(egress: Egress | undefined, bucket: Target | undefined, simulated: boolean): Probe[] {
  const throughProxy = bucket === 'own bucket' ? 'reached' : 'refused by proxy';
  const viaProxy: Probe = { name: 'bucket', s3: 'small.txt', way: 'proxy', expect: throughProxy };
  return [
    ...SITES,
    ...(simulated ? TRAPS : []),
    ...(bucket === undefined ? [] : [viaProxy]),
    ...direct(egress?.reaches('web'), { name: 'allowed site, without the proxy', url: 'https://www.example.com/' }),
    ...direct(bucket && egress?.reaches(bucket), { name: 'bucket, without the proxy', s3: 'small.txt' }),
  ];
}

function direct(
  reached: boolean | undefined,
  target: { name: string; url: string } | { name: string; s3: string },
): Probe[] {
  return reached === undefined ? [] : [{ ...target, way: 'direct', expect: reached ? 'reached' : 'refused' }];
}
