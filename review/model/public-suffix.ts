import { getDomain, getPublicSuffix } from 'tldts';

// The public suffix list, including the private section that companies add for their customers.
const WITH_TENANTS = { allowPrivateDomains: true };

/** Whether anybody can register a name directly below this one. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, WITH_TENANTS) === name;
}

/** The registered domain that contains this host; undefined for a public suffix. */
export function registeredDomain(host: string): string | undefined {
  return getDomain(host, WITH_TENANTS) ?? undefined;
}
