type Json = Record<string, unknown>;

/** The number of resources that a batch can change in place, each by a different change. */
export const TWINS = 20;

/** The default branch: secrets in variables and in the state, marked as sensitive or not. */
export function merged(): Json {
  const twins = Array.from({ length: TWINS }, (_, index): [string, Json] => [
    `twin${index}`,
    { input: { hash: '${bcrypt(sha256(var.seed), 4)}' }, triggers_replace: '${sha256(var.seed)}' },
  ]);
  return {
    terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } } },
    provider: { cloudfoundry: [{}] },
    variable: {
      seed: { sensitive: true, type: 'string' },
      kept: { sensitive: true, type: 'string' },
      region: { default: 'us-gov-west-1' },
    },
    locals: { derived: '${sha256(var.seed)}' },
    data: {
      cloudfoundry_org: { o: { name: 'egress-demo' } },
      cloudfoundry_domain: { internal: { name: 'apps.internal' } },
    },
    resource: {
      cloudfoundry_space: { home: { name: 'home', org: '${data.cloudfoundry_org.o.id}' } },
      terraform_data: {
        ...Object.fromEntries(twins),
        hash: {
          input: { hash: '${bcrypt(sha256(var.seed), 4)}' },
          lifecycle: { ignore_changes: ['input'] },
        },
        // The one secret that a plan already shows. It must not be shown anywhere else.
        kept: { input: '${var.kept}' },
      },
    },
  };
}
