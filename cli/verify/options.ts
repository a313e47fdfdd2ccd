import { readFileSync } from 'node:fs';
import { accountFrom } from '../cloud-foundry';
import type { Deployment } from '../deployment';
import type { VerifyOptions } from './verify';

/** The package that only a checkout has; the library is installed without it. */
export type Foundation = typeof import('@space-egress/foundation');

interface StackOutputs {
  readonly app_url: string;
  readonly proxy_address: string;
}

export function outputsOf(values: Readonly<Record<string, unknown>>): StackOutputs {
  const { app_url, proxy_address } = values;
  if (typeof app_url !== 'string' || typeof proxy_address !== 'string') {
    throw new Error(
      `the outputs lack app_url and proxy_address; they have ${Object.keys(values).join(', ') || 'nothing'}`,
    );
  }
  return { app_url, proxy_address };
}

/** The output of `cdktf deploy --outputs-file FILE`: the outputs below the stack's name. */
export function readOutputs(file: string): StackOutputs {
  let stacks: Record<string, Record<string, unknown>>;
  try {
    stacks = JSON.parse(readFileSync(file, 'utf8')) as typeof stacks;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`can't read outputs (${reason}): deploy with --outputs-file ${file}, or give --url and --proxy`);
  }
  return outputsOf(Object.values(stacks)[0] ?? {});
}

/** On a real foundation, only checks from outside and through the application are possible. */
export function remoteOptions(outputs: StackOutputs): VerifyOptions {
  return { appUrl: outputs.app_url, proxyUrl: outputs.proxy_address, objects: {} };
}

/**
 * On the local foundation, the objects are known, and another application can be pushed to try what must be refused.
 */
export async function localOptions(
  env: NodeJS.ProcessEnv,
  deployment: Deployment,
  outputs: StackOutputs,
  foundation: Foundation,
): Promise<VerifyOptions> {
  return {
    appUrl: outputs.app_url,
    proxyUrl: outputs.proxy_address,
    objects: foundation.sampleDigests(),
    local: {
      account: accountFrom(env),
      org: deployment.org,
      restrictedSpace: deployment.restrictedSpace,
      proxySpace: deployment.publicSpace,
      proxyApp: hostLabel(outputs.proxy_address),
      forbidden: await foundation.offLimits({ name: env.EGRESS_FOUNDATION }),
    },
  };
}

/** The stack's proxy is named like the first label of its internal host name. */
function hostLabel(address: string): string {
  return new URL(address).hostname.replace(/\..*/, '');
}
