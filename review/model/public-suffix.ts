import { getDomain, getPublicSuffix } from 'tldts';

// The list of public suffixes, the part that companies add for their tenants included.
const WITH_TENANTS = { allowPrivateDomains: true };

/** Whether anybody can get a name directly below this one. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, WITH_TENANTS) === name;
}

/** The domain that somebody holds and this host is in; undefined for a public suffix. */
export function registeredDomain(host: string): string | undefined {
  return getDomain(host, WITH_TENANTS) ?? undefined;
}
