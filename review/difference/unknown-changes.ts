import { meaningOf, tableType } from '../coverage';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';
import { stamp, type Change } from './change';

/** Attributes for which the model itself distinguishes unknown values. */
const MODELLED: ReadonlySet<string> = new Set([
  'what an application runs',
  'what a proxy allows',
  'policies',
  'rules',
  'roles',
  'logs',
  'running_spaces',
  'staging_spaces',
]);

/**
 * A name that is computed during the apply stands in the model for one thing, whatever it will be. If what it is
 * computed from changes, it may be another name, so that is a change of its own.
 *
 * @param counts which tokens stand for the same thing before and after; others are new in every plan
 */
export function unknownChanges(
  before: readonly Resource[],
  after: readonly Resource[],
  counts: (token: string) => boolean = () => true,
): Change[] {
  const key = ({ stack, address, type }: Resource): string => JSON.stringify([stack, address, type]);
  const had = new Map(before.map((resource) => [key(resource), resource]));
  const ours = after.filter(({ type }) => type.startsWith('cloudfoundry_'));
  const known = new Set(ours.map(({ stack, address }) => `${stack} ${address}`));
  return after.flatMap((resource) => {
    const old = had.get(key(resource));
    if (old === undefined || old.values === resource.values) return [];
    return Object.entries(resource.values).flatMap(([name, value]): Change[] => {
      if (resource.managed ? !isNamed(tableType(resource), name) : !resource.type.startsWith('cloudfoundry_'))
        return [];
      const [mine, theirs] = [value, old.values[name]].map((each) => tokensIn(each, known).filter(counts)) as [
        string[],
        string[],
      ];
      if ([...mine, ...theirs].every((token) => mine.includes(token) && theirs.includes(token))) return [];
      const { stack, address, path } = resource;
      const token = stamp(JSON.stringify([stack, theirs, mine]));
      return [
        { verdict: 'unknown', way: 'other', who: [address], what: name, token, origin: { stack, address, path } },
      ];
    });
  });
}

/** Whether the attribute is a name in the model. What a data source says names what it finds. */
function isNamed(type: string, name: string): boolean {
  const meaning = meaningOf(type, name);
  return meaning.kind === 'modelled' && !MODELLED.has(meaning.where) && !MODELLED.has(name);
}

/** Tokens of values that are more than the id of an existing thing. */
function tokensIn(value: Value | undefined, known: ReadonlySet<string>): string[] {
  if (value instanceof Unresolved) {
    const [one] = value.references;
    const isId = value.exact && one?.attribute === 'id' && known.has(`${one.stack} ${one.address}`);
    return isId ? [] : [value.token];
  }
  if (Array.isArray(value)) return value.flatMap((each: Value) => tokensIn(each, known));
  return isObject(value) ? Object.values(value).flatMap((each) => tokensIn(each, known)) : [];
}
