import { PROXY_HEALTH } from '../constructs/values/health-check';
import type { CloudFoundry } from './cloud-foundry';

interface Droplet {
  /** `null` for an application that a buildpack has built. */
  readonly image: string | null;
}

/**
 * What to do about an application that never passes the proxy's health check: nothing in a deploy says that the image
 * may be somebody else's.
 *
 * @param why in the platform's words
 */
export async function adviceOn(cloud: CloudFoundry, app: string, why: string): Promise<readonly string[]> {
  if (!/never healthy/i.test(why) || !why.includes(PROXY_HEALTH)) return [];
  const { image } = (await cloud.get(`/v3/apps/${app}/droplets/current`)) as unknown as Droplet;
  return [
    `Its health check asks for ${PROXY_HEALTH}, which only this project's proxy answers.`,
    image === null
      ? 'Check that EgressProxy.buildpack() is its source, and read what it printed.'
      : `If '${image}' is not from this project, or is older than the check, build one from the folder squid and give it to EgressProxy.`,
  ];
}
