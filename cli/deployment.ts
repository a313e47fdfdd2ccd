/** Names under which the stack was deployed. */
export interface Deployment {
  readonly org: string;
  readonly restrictedSpace: string;
  readonly publicSpace: string;
}

/** From the variables of the example's configuration, with its defaults. */
export function deploymentFrom(env: NodeJS.ProcessEnv): Deployment {
  return {
    org: env.EGRESS_ORG ?? 'egress-demo',
    restrictedSpace: env.EGRESS_RESTRICTED_SPACE ?? 'restricted',
    publicSpace: env.EGRESS_PUBLIC_SPACE ?? 'public-egress',
  };
}
