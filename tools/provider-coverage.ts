/** The page that says what of the provider the local foundation carries, from what the tests have seen it carry. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './markdown-table';
import { REPOSITORY } from './platform';

export type Operation = 'create' | 'update' | 'import' | 'destroy';

/** Whoever deploys, and an operator of the platform. */
export type Account = 'deployer' | 'admin';

/** What has been done with each resource, and which data sources have been read. */
export interface Coverage {
  readonly resources: Readonly<Record<string, readonly Operation[]>>;
  readonly dataSources: readonly string[];
}

export const COVERAGE_PAGE = join(REPOSITORY, 'foundation', 'docs', 'provider-coverage.md');
export const COVERAGE_RECORD = join(REPOSITORY, 'foundation', '__tests__', 'provider', 'coverage.json');

/** The platform has these, and the provider knows no such operation of them. */
export const NOT_IN_PROVIDER: Readonly<Record<'update' | 'import', readonly string[]>> = {
  // Whatever is changed of them makes another one.
  update: ['cloudfoundry_org_role', 'cloudfoundry_space_role'],
  import: [
    'cloudfoundry_isolation_segment_entitlement',
    'cloudfoundry_network_policy',
    'cloudfoundry_security_group_space_bindings',
    'cloudfoundry_user_groups',
  ],
};

const MTA = 'speaks to the MultiApps service of another vendor, which cloud.gov does not run';

/** Of what isn't covered: why a tenant does without it. */
export const RESOURCES_LEFT_OUT: Readonly<Record<string, string>> = {
  cloudfoundry_buildpack: "an operator's: a tenant names the buildpacks that are there",
  cloudfoundry_mta: MTA,
};
export const DATA_SOURCES_LEFT_OUT: Readonly<Record<string, string>> = {
  cloudfoundry_mta: MTA,
  cloudfoundry_mtas: MTA,
  cloudfoundry_remote_mtar_hash: 'asks no platform: it fetches an archive and hashes it',
};

export const readCoverage = (): Readonly<Record<Account, Coverage>> =>
  JSON.parse(readFileSync(COVERAGE_RECORD, 'utf8')) as Record<Account, Coverage>;

interface Schema {
  readonly provider_schemas: Readonly<
    Record<string, { readonly resource_schemas: object; readonly data_source_schemas: object }>
  >;
}

/** All that the provider has. */
export const readProvider = (): { resources: readonly string[]; dataSources: readonly string[] } => {
  const text = readFileSync(join(REPOSITORY, 'provider', 'schema.json'), 'utf8');
  const [provider] = Object.values((JSON.parse(text) as Schema).provider_schemas);
  return {
    resources: Object.keys(provider?.resource_schemas ?? {}).sort(),
    dataSources: Object.keys(provider?.data_source_schemas ?? {}).sort(),
  };
};

const leftOut = (kind: string, reasons: Readonly<Record<string, string>>): readonly string[][] =>
  Object.entries(reasons).map(([name, reason]) => [`\`${name}\``, kind, reason]);

export const coveragePage = (coverage: Readonly<Record<Account, Coverage>>): string => {
  const { resources, dataSources } = readProvider();
  const accounts: readonly Account[] = ['deployer', 'admin'];
  const resourceRows = resources.flatMap((name) => {
    const account = accounts.find((candidate) => name in coverage[candidate].resources);
    if (!account) {
      return [];
    }
    const done = accounts.flatMap((candidate) => coverage[candidate].resources[name] ?? []);
    const sign = (operation: Operation): string => (done.includes(operation) ? 'yes' : '-');
    return [[`\`${name}\``, account, sign('create'), sign('update'), sign('import'), sign('destroy')]];
  });
  const dataRows = dataSources.flatMap((name) => {
    const account = accounts.find((candidate) => coverage[candidate].dataSources.includes(name));
    return account ? [[`\`${name}\``, account]] : [];
  });
  return [
    '# What of the provider the local foundation carries',
    '',
    'Made by `npx tsx tools/provider-coverage.ts` from the schema of the provider and from what',
    '[provider.engine.test.ts](../__tests__/provider.engine.test.ts) has seen the real provider do, under Terraform',
    'and OpenTofu alike. It applies [tenant.tf](../__tests__/provider/tenant.tf) as the deployer, an OrgManager, and',
    '[admin.tf](../__tests__/provider/admin.tf) as the admin; changes them in place, forgets and imports what can be',
    'imported, and destroys all of it. After each of the first three a plan says "No changes". A resource that is neither in a',
    'table nor among what is left out fails a test.',
    '',
    "A `-` is what the provider itself does not know: roles can only be replaced, and some resources can't be imported.",
    '',
    table(['resource', 'as', 'create, read', 'update', 'import', 'destroy'], resourceRows),
    '',
    table(['data source', 'read as'], dataRows),
    '',
    table(
      ['left out', '', 'why'],
      [...leftOut('resource', RESOURCES_LEFT_OUT), ...leftOut('data source', DATA_SOURCES_LEFT_OUT)],
    ),
    '',
  ].join('\n');
};

if (require.main === module) {
  writeFileSync(COVERAGE_PAGE, coveragePage(readCoverage()));
}
