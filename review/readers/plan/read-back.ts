import { COMMUNITY } from '../../community';
import { list } from '../json';
import type { Resource, Value } from '../values';
import type { Configuration } from './configuration';

/**
 * What the provider reads back although the configuration leaves it to other resources: an application's routes and a
 * group's spaces. They are old news when the route or the binding itself changes; of spaces those stay that others have
 * bound, since new rules of the group are theirs too.
 */
const READ_BACK: Readonly<Record<string, readonly string[]>> = {
  cloudfoundry_app: ['routes'],
  cloudfoundry_security_group: ['running_spaces', 'staging_spaces'],
};

export function withoutReadBack(resource: Resource, configuration: Configuration, own: ReadonlySet<string>): Resource {
  // What the older one reads back is what the code sets, of which the plan may have left out a part.
  if (resource.provider === COMMUNITY) return resource;
  const set = configuration.of(resource.address);
  const dropped = (READ_BACK[resource.type] ?? []).filter((name) => set?.has(name) === false);
  if (dropped.length === 0) return resource;
  const kept = Object.entries(resource.values).flatMap(([name, value]): [string, Value][] => {
    if (!dropped.includes(name)) return [[name, value]];
    if (!name.endsWith('_spaces') || !Array.isArray(value)) return [];
    const { id } = resource.values;
    return [[name, value.filter((space: Value) => !own.has(boundBy(name, id ?? null, space)))]];
  });
  return { ...resource, values: Object.fromEntries(kept) };
}

/** The bindings of the plan's own, whose resources say all about them. */
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
