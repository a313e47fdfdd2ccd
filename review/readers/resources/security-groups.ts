import type { SecurityGroup, Stage, Binding } from '../../model/facts';
import { fingerprint } from '../../model/fingerprint';
import { knownGroup, Reach, type Answer, type Unknown } from '../../model/reach';
import { Traffic, type Rule } from '../../model/traffic';
import { label, originOf, certain, either, flag, unknown, unknownOf } from './labels';
import type { References } from './references';
import { spaceId } from './applications';
import { canonical, isObject, listOf, Unresolved, type Resource, type Value } from '../values';

export function securityGroupsOf(references: References): SecurityGroup[] {
  const groups = references.all('cloudfoundry_security_group').map(group);
  // The older provider has a separate resource for the groups of every space.
  const defaults = references
    .managed('cloudfoundry_default_asg')
    .flatMap((resource) => defaultGroups(references, resource));
  const known = new Set(groups.map(({ name }) => name));
  return [
    ...groups.map((each) =>
      defaults
        .filter(({ name }) => name === each.name)
        .reduce<SecurityGroup>(
          (sum, { global }) => ({
            ...sum,
            owned: true,
            global: {
              running: either(sum.global.running, global.running),
              staging: either(sum.global.staging, global.staging),
            },
          }),
          each,
        ),
    ),
    ...defaults.filter(({ name }) => !known.has(name)),
  ];
}

function groupName(references: References, value: Value | undefined, resource: Resource): string {
  const found = references.only(value, resource);
  return found === undefined ? label(value, resource, 'security_group') : label(found.values.name, found, 'name');
}

function group(resource: Resource): SecurityGroup {
  const { values, managed } = resource;
  const name = label(values.name, resource, 'name');
  const global = (value: Value | undefined): Answer => flag(value, (known) => known === true);
  const seen = managed || Array.isArray(values.rules) || values.rules instanceof Unresolved;
  return {
    name,
    reach: seen ? rulesReach(name, values.rules) : knownGroup(name),
    global: { running: global(values.globally_enabled_running), staging: global(values.globally_enabled_staging) },
    bindersKnown: Array.isArray(values.running_spaces) && Array.isArray(values.staging_spaces),
    owned: managed,
    origin: originOf(resource),
  };
}

function defaultGroups(references: References, resource: Resource): SecurityGroup[] {
  const { name: set, asgs } = resource.values;
  const global = (stage: Stage): Answer => flag(set, (known) => known === stage);
  const entries = asgs instanceof Unresolved ? [asgs] : listOf(asgs);
  return entries.map((entry) => {
    const name = certain(entry) ? groupName(references, entry, resource) : label(entry, resource, 'asgs');
    const flags = { running: global('running'), staging: global('staging') };
    return { name, reach: knownGroup(name), global: flags, owned: true, origin: originOf(resource) };
  });
}

function rulesReach(name: string, rules: Value | undefined): Reach {
  if (rules instanceof Unresolved) return new Reach(Traffic.NONE, [unknown(rules, `the rules of group ${name}`)]);
  return listOf(rules).reduce<Reach>((sum, rule) => sum.union(ruleReach(name, rule)), Reach.NONE);
}

function ruleReach(group: string, rule: Value): Reach {
  if (!isObject(rule)) return new Reach(Traffic.NONE, [unreadable(group, rule, 'it is not known yet')]);
  const hidden = unknownOf(Object.values(rule), `a rule of group ${group}`);
  if (hidden !== undefined) return new Reach(Traffic.NONE, [{ ...hidden, token: canonical(rule) }]);
  try {
    return new Reach(Traffic.rule(rule as unknown as Rule), []);
  } catch {
    return new Reach(Traffic.NONE, [unreadable(group, rule, fingerprint(JSON.stringify(rule)))]);
  }
}

function unreadable(group: string, rule: Value, why: string): Unknown {
  return {
    token: `rule ${canonical(rule)}`,
    because: `a rule of security group ${group} can't be read: ${why}`,
    opens: true,
  };
}

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
