import { plain } from '../../../review/phrase';
import type { PlanFile } from '../../../review/readers/input';
import { clauseOf, type Report } from '../../../review/report/report';

/** A change in a plan, as a test describes it. */
export interface Change {
  readonly address: string;
  readonly provider?: string;
  readonly actions?: readonly string[];
  readonly before?: object | null;
  readonly after?: object | null;
  readonly unknown?: object;
  readonly sensitive?: object;
  /** The plan's reason for the engine's action. */
  readonly reason?: string;
}

export interface Configuration {
  readonly resources?: readonly object[];
  readonly modules?: object;
  readonly provider_config?: object;
  /** Additional fields of the plan itself. */
  readonly more?: object;
}

const CLOUD_FOUNDRY = 'registry.terraform.io/cloudfoundry/cloudfoundry';

/** An unchanged application, because a plan without anything from Cloud Foundry is refused. */
const STAYS: Change = {
  address: 'cloudfoundry_app.stays',
  before: { name: 'stays', org_name: 'org', space_name: 'space' },
  after: { name: 'stays', org_name: 'org', space_name: 'space' },
};

/** The file of a stack's plan. */
export function planFile(json: unknown, stack = 'plan'): PlanFile {
  return { environment: '', file: `${stack}.json`, stack, json };
}

/** What a report says. */
export function sentences({ environments }: Report): string[] {
  return environments.flatMap(({ opens, unknown, closes }) =>
    [...opens, ...unknown, ...closes].map((row) => plain(clauseOf(row))),
  );
}

/** A plan's JSON, from a short description in a test. */
export function plan(
  changes: readonly Change[],
  { resources = [], modules = {}, provider_config = {}, more }: Configuration = {},
): object {
  return {
    format_version: '1.2',
    planned_values: {},
    resource_changes: [STAYS, ...changes].map(changeOf),
    configuration: { provider_config, root_module: { resources, module_calls: modules } },
    ...more,
  };
}

export function changeOf({
  address,
  provider = CLOUD_FOUNDRY,
  actions,
  before = null,
  after = null,
  unknown = {},
  sensitive = {},
  reason,
}: Change) {
  const told = JSON.stringify(before) === JSON.stringify(after) ? 'no-op' : 'update';
  return {
    address,
    mode: 'managed',
    type: address.replace(/^(?:module\.[^.]+\.)*/, '').split('.')[0],
    provider_name: provider,
    action_reason: reason,
    change: {
      actions: actions ?? [before === null ? 'create' : after === null ? 'delete' : told],
      before,
      after,
      after_unknown: unknown,
      before_sensitive: sensitive,
      after_sensitive: sensitive,
    },
  };
}

export type Json = Readonly<Record<string, unknown>>;

/** The parts of the program that a test changes. */
export interface Parts {
  readonly allow?: string;
  readonly web?: Json;
  readonly policy?: Json;
}

/** `web` in a closed space, and a proxy for it in one that reaches the internet, as cdktf writes them. */
export function program(sections: Json = {}, { allow = 'a.example.gov:443', web = {}, policy = {} }: Parts = {}): Json {
  const { resource, data, ...others } = sections;
  return {
    terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry', version: '1.16.0' } } },
    provider: { cloudfoundry: [{}] },
    data: merged(
      {
        cloudfoundry_org: { org: { name: 'org' } },
        cloudfoundry_security_group: { public: { name: 'public_networks_egress' } },
      },
      data,
    ),
    resource: merged(
      {
        cloudfoundry_space: {
          closed: { name: 'closed', org: '${data.cloudfoundry_org.org.id}' },
          open: { name: 'open', org: '${data.cloudfoundry_org.org.id}' },
        },
        cloudfoundry_security_group_space_bindings: {
          open: {
            security_group: '${data.cloudfoundry_security_group.public.id}',
            running_spaces: ['${cloudfoundry_space.open.id}'],
          },
        },
        cloudfoundry_app: {
          web: { ...app('web', 'closed'), ...web },
          proxy: { ...app('proxy', 'open'), environment: { EGRESS_ALLOW: allow } },
        },
        cloudfoundry_network_policy: {
          way: {
            policies: [
              {
                source_app: '${cloudfoundry_app.web.id}',
                destination_app: '${cloudfoundry_app.proxy.id}',
                protocol: 'tcp',
                port: '3128',
              },
            ],
            ...policy,
          },
        },
      },
      resource,
    ),
    ...others,
  };
}

function app(name: string, space: string): Json {
  return {
    name,
    org_name: 'org',
    space_name: `\${cloudfoundry_space.${space}.name}`,
    docker_image: `registry.example/${name}:1`,
  };
}

/** Merges two objects, including members that both have. */
function merged(one: Json, other: unknown): Json {
  const isObject = (value: unknown): value is Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(other)) return other === undefined ? one : { ...one };
  return Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => {
      const [mine, theirs] = [one[name], other[name]];
      return [name, isObject(mine) && isObject(theirs) ? merged(mine, theirs) : (theirs ?? mine)];
    }),
  );
}
