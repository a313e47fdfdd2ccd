import { resourcesIn } from './form';
import { CLOUD_FOUNDRY_PROVIDERS, HARMLESS_PROVIDERS, HARMLESS_SETTINGS, RUNNING_SETTINGS } from '../../coverage';
import { withoutKeysIn } from '../expressions/traversal';
import { block, list, text, type Json } from '../json';
import type { Program } from './changes';
import type { Resource, Value } from '../values';

/** The parts of a plan besides resource changes that affect its apply, each in the form of a resource. */
export function partsOf(plan: Json, stack: string): Resource[] {
  const part = (type: string, address: string, values: unknown = {}, provider?: string): Resource => ({
    stack,
    address,
    managed: true,
    type,
    ...(provider !== undefined && { provider }),
    values: block(values) as Resource['values'],
  });
  return [
    ...Object.keys(plan)
      .filter((name) => !PARTS.has(name))
      .map((name) => part('part of the plan', name, { value: plan[name] as Value })),
    ...(plan.complete === false ? [part('plan that leaves something out', 'plan')] : []),
    ...list(plan.deferred_changes)
      .map((each) => block(block(each).resource_change))
      .map((change) => part('deferred change', text(change.address), change)),
    ...list(plan.action_invocations)
      .concat(list(plan.deferred_action_invocations))
      .map(block)
      .map((invocation) => part('action', text(invocation.address), invocation)),
    ...configured(plan, part),
  ];
}

/** Parts of a plan's JSON that the review knows; a later minor version may add others. */
const PARTS: ReadonlySet<string> = new Set([
  ...['action_invocations', 'applyable', 'checks', 'complete', 'configuration', 'deferred_action_invocations'],
  ...['deferred_changes', 'errored', 'format_version', 'output_changes', 'planned_values', 'prior_state'],
  ...['relevant_attributes', 'resource_changes', 'resource_drift', 'terraform_version', 'timestamp', 'variables'],
]);

type Part = (type: string, address: string, values?: unknown, provider?: string) => Resource;

function configured(plan: Json, part: Part): Resource[] {
  const configuration = block(plan.configuration);
  const providers = block(configuration.provider_config);
  const runs = new Set(
    list(plan.resource_changes)
      .map(block)
      .filter(({ change }) => list(block(change).actions).some((action) => action === 'create' || action === 'delete'))
      .map(({ address }) => withoutKeysIn(text(address))),
  );
  const of = (module: Json, prefix: string): Resource[] => [
    ...list(module.resources)
      .map(block)
      .flatMap((resource) => {
        const address = `${prefix}${text(resource.address)}`;
        const provider = providerName(text(block(providers[text(resource.provider_config_key)]).full_name));
        const { provisioners } = resource;
        return [
          ...(list(provisioners).length > 0 && runs.has(address)
            ? [part('provisioner', address, { provisioners })]
            : []),
          ...(resource.mode !== 'managed' && !reads(text(resource.type), provider)
            ? [part(text(resource.type), address, resource.expressions, provider)]
            : []),
        ];
      }),
    ...Object.entries(block(module.module_calls)).flatMap(([name, call]) => {
      const inner = block(call).module;
      const address = `${prefix}module.${name}`;
      return inner === undefined ? [part('module', address, call)] : of(block(inner), `${address}.`);
    }),
  ];
  return [...of(block(configuration.root_module), ''), ...providersOf(plan, providers, part)];
}

/** Providers that act on their own: their settings name a program, or only an expression uses them. */
function providersOf(plan: Json, providers: Json, part: Part): Resource[] {
  const changed = [...list(plan.resource_changes), ...resourcesIn(block(block(plan.prior_state).values).root_module)];
  const keys = usedIn(block(block(plan.configuration).root_module));
  const used = new Set([
    ...changed.map((resource) => text(block(resource).provider_name)),
    ...keys.map((key) => text(block(providers[key]).full_name)),
  ]);
  return Object.entries(providers).flatMap(([name, configured]) => {
    const { full_name: fullName, expressions } = block(configured);
    const provider = providerName(text(fullName));
    if (provider === undefined) return [];
    const runs = (RUNNING_SETTINGS[provider] ?? [])
      .filter((setting) => Object.hasOwn(block(expressions), setting))
      .filter((setting) => {
        const { constant_value: constant } = block(block(expressions)[setting]);
        return HARMLESS_SETTINGS[`${provider} ${setting}`]?.test(text(constant)) !== true;
      });
    const isKnown = used.has(text(fullName)) || KNOWN_PROVIDERS.has(provider);
    return isKnown && runs.length === 0 ? [] : [part('provider', `provider.${name}`, expressions, provider)];
  });
}

const KNOWN_PROVIDERS: ReadonlySet<string> = new Set([
  ...CLOUD_FOUNDRY_PROVIDERS,
  ...HARMLESS_PROVIDERS,
  'terraform.io/builtin/terraform',
]);

/** The keys of the providers of a module's resources and data sources. */
function usedIn({ resources, module_calls: calls }: Json): string[] {
  return [
    ...list(resources).map((resource) => text(block(resource).provider_config_key)),
    ...Object.values(block(calls)).flatMap((call) => usedIn(block(block(call).module))),
  ];
}

/**
 * Data sources whose results show in what uses them and that do nothing else; one of another provider may do anything.
 */
function reads(type: string, provider: string | undefined): boolean {
  if (type === 'terraform_remote_state') return true;
  return type.startsWith('cloudfoundry_') && (provider === undefined || CLOUD_FOUNDRY_PROVIDERS.includes(provider));
}

const REGISTRIES = /^registry\.(?:terraform\.io|opentofu\.org)\//;

/**
 * `hashicorp/aws`, or the full name if it comes from a registry other than the engines' own. Undefined if there is
 * none.
 */
export function providerName(fullName: string): string | undefined {
  return fullName === '' ? undefined : fullName.replace(REGISTRIES, '');
}

/** Prefix for what `removed` blocks remove: their provisioners run, and a plan doesn't contain them. */
const REMOVED = 'removed ';

/** Provisioners of resources that the plan destroys, taken from the program. */
export function removedProvisioners(changes: readonly Json[], program: Program, stack: string): Resource[] {
  const gone = destroyed(changes);
  return [...program].flatMap(([address, { provisioner, from }]): Resource[] => {
    if (!address.startsWith(REMOVED) || (provisioner ?? null) === null) return [];
    const runs = typeof from !== 'string' || gone.some((each) => `${each}.`.startsWith(`${from}.`));
    return runs
      ? [{ stack, address, managed: true, type: 'provisioner', values: { provisioner: provisioner ?? null } }]
      : [];
  });
}

/** What isn't reviewed if the program isn't available. */
export function removedUnseen(changes: readonly Json[], program: Program): string[] {
  const isUnseen = program.size === 0 && destroyed(changes).length > 0;
  return isUnseen
    ? ['what `removed` blocks run when they destroy something: only the program shows it (`--tree`)']
    : [];
}

/** The addresses, without keys, of what the plan destroys because the code no longer contains it. */
function destroyed(changes: readonly Json[]): string[] {
  return changes
    .filter(({ change }) => list(block(change).actions).join() === 'delete')
    .filter(({ action_reason: reason }) => /^delete_because_no_(?:resource_config|module)$/.test(text(reason)))
    .map(({ address }) => withoutKeysIn(text(address)));
}
