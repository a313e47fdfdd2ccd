type Json = Record<string, unknown>;

/** How many resources a batch can change in place, each by another change. */
export const TWINS = 20;

/** What the default branch has: secrets in variables and in the state, with and without their marks. */
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
        // The one secret that a plan shows already: it may be shown in no other place.
        kept: { input: '${var.kept}' },
      },
    },
  };
}
