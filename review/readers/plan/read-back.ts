import { COMMUNITY } from '../../community';
import { block, list, text, type Json } from '../json';
import type { Resource, Value } from '../values';
import type { Configuration } from './configuration';
import { providerName } from './parts';

/**
 * What the provider reads back although the configuration leaves it to other resources: an application's routes and a
 * group's spaces. They are outdated when the route or the binding itself changes. Spaces that others have bound are
 * kept, because new rules of the group apply to them too.
 */
const READ_BACK: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_app: ['routes'],
  cloudfoundry_security_group: ['running_spaces', 'staging_spaces'],
};

export function withoutReadBack(resource: Resource, configuration: Configuration, own: ReadonlySet<string>): Resource {
  // The older provider reads back only what the code sets, part of which the plan may have omitted.
  if (resource.provider === COMMUNITY) return resource;
  const dropped = (READ_BACK[resource.type] ?? []).filter(
    (name) => configuration.of(resource.address)?.has(name) === false,
  );
  if (dropped.length === 0) return resource;
  const kept = Object.entries(resource.values).flatMap(([name, value]): [string, Value][] => {
    if (!dropped.includes(name)) return [[name, value]];
    if (!name.endsWith('_spaces') || !Array.isArray(value)) return [];
    const { id } = resource.values;
    return [[name, value.filter((space: Value) => !own.has(boundBy(name, id ?? null, space)))]];
  });
  return { ...resource, values: Object.fromEntries(kept) };
}

/**
 * When the provider updates a group, it unbinds it from all spaces and binds it again only to those that the group
 * itself lists.
 *
 * @see
 * https://github.com/cloudfoundry/terraform-provider-cloudfoundry/blob/v1.16.0/cloudfoundry/provider/resource_security_group.go#L249
 */
export function unboundBy({ type, address, provider_name: provider, change }: Json): string[] {
  const { actions, before, after_unknown: later } = block(change);
  const isUpdate = type === 'cloudfoundry_security_group' && list(actions).join() === 'update';
  if (!isUpdate || providerName(text(provider)) === COMMUNITY) return [];
  const spaces = (READ_BACK[type] ?? []).flatMap((name) =>
    block(later)[name] === true ? list(block(before)[name]) : [],
  );
  if (spaces.length === 0) return [];
  return [
    `that the provider unbinds ${text(address)} from its spaces (${new Set(spaces).size}) when it updates it: apply the bindings again`,
  ];
}

/** The plan's own bindings, whose resources say everything about them. */
export function ownBindings(before: readonly Resource[]): Set<string> {
  return new Set(
    before
      .filter(({ type }) => type === 'cloudfoundry_security_group_space_bindings')
      .flatMap(({ values }) =>
        (READ_BACK.cloudfoundry_security_group ?? []).flatMap((name) =>
          list(values[name]).map((space) => boundBy(name, values.security_group ?? null, space as Value)),
        ),
      ),
  );
}

function boundBy(name: string, group: Value, space: Value): string {
  return JSON.stringify([name, group, space]);
}
