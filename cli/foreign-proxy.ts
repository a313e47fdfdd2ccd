import { PROXY_HEALTH } from '../constructs/values/health-check';
import type { CloudFoundry } from './cloud-foundry';

interface Droplet {
  /** `null` for what a buildpack has made. */
  readonly image: string | null;
}

/**
 * What to do about an application that never passes the proxy's health check: nothing of a deploy says that the image may be
 * somebody else's.
 *
 * @param why in the platform's words
 */
export async function adviceOn(cloud: CloudFoundry, app: string, why: string): Promise<readonly string[]> {
  if (!/never healthy/i.test(why) || !why.includes(PROXY_HEALTH)) return [];
  const { image } = (await cloud.get(`/v3/apps/${app}/droplets/current`)) as unknown as Droplet;
  return [
    `Its health check asks for ${PROXY_HEALTH}, which only this project's proxy answers.`,
    image === null
      ? 'See that EgressProxy.buildpack() is its source, and what it printed.'
      : `If '${image}' is another's, or older than the check, give EgressProxy one that is built from the folder squid.`,
  ];
}
