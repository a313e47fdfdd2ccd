import type { Binding } from '../../model/facts';
import { listOf, Unresolved, type Resource } from '../values';
import { label, originOf } from './labels';
import type { References } from './references';
import { groupName } from './security-groups';
import { spaceId } from './spaces';
import { certain, unknown } from './unknowns';

/** Which groups are bound to which spaces, by a separate resource or by the group itself. */
export function bindingsOf(references: References): Binding[] {
  return [
    ...references
      .all('cloudfoundry_security_group_space_bindings')
      .flatMap((resource) =>
        bindings(references, resource, groupName(references, resource.values.security_group, resource)),
      ),
    ...references
      .managed('cloudfoundry_security_group')
      .flatMap((resource) => bindings(references, resource, label(resource.values.name, resource, 'name'))),
  ];
}

function bindings(references: References, resource: Resource, group: string): Binding[] {
  return (['running', 'staging'] as const).flatMap((stage): Binding[] => {
    const value = resource.values[`${stage}_spaces`];
    const entries = value instanceof Unresolved ? [value] : listOf(value);
    return entries.flatMap((entry): Binding[] => {
      const spaces = references.find(entry, resource).filter(({ type }) => type === 'cloudfoundry_space');
      const common = { group, stage, origin: originOf(resource) };
      if (spaces.length === 1 && certain(entry)) {
        return spaces.map((space) => ({ ...common, space: spaceId(references, space) }));
      }
      if (!(entry instanceof Unresolved)) return [{ ...common, space: label(entry, resource, 'space') }];
      // It may be any space, because unknown bindings are never assumed to be safe.
      const isAmong = entry.exact && spaces.length > 0;
      const candidates = (isAmong ? spaces : references.all('cloudfoundry_space')).map((space) =>
        spaceId(references, space),
      );
      const elsewhere = isAmong ? [] : [label(entry, resource, `${stage}_spaces`)];
      return [...new Set([...candidates, ...elsewhere])].map((space) => ({
        ...common,
        space,
        unknown: {
          ...unknown(entry, `whether security group ${group} is bound here`),
          token: `${group} by ${entry.token}`,
        },
      }));
    });
  });
}
