import { meaningOf, tableType } from '../coverage';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';
import { stamp, type Change } from './change';

/** Attributes of which the model itself tells one unknown value from another. */
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
 * The model takes a name that is worked out at the apply for the name of that one thing, whatever it will be. So that it is
 * not taken for the same name when what it is made of changes, that is a change of its own.
 *
 * @param counts which tokens stand for one thing before and after; others are new whenever a plan is made
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
    if (old === undefined) return [];
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

/** Whether the model takes the attribute for a name of something. What a data source says names what it finds. */
function isNamed(type: string, name: string): boolean {
  const meaning = meaningOf(type, name);
  return meaning.kind === 'modelled' && !MODELLED.has(meaning.where) && !MODELLED.has(name);
}

/** Of what isn't simply the id of something that is there. */
function tokensIn(value: Value | undefined, known: ReadonlySet<string>): string[] {
  if (value instanceof Unresolved) {
    const [one] = value.references;
    const isId = value.exact && one?.attribute === 'id' && known.has(`${one.stack} ${one.address}`);
    return isId ? [] : [value.token];
  }
  if (Array.isArray(value)) return value.flatMap((each: Value) => tokensIn(each, known));
  return isObject(value) ? Object.values(value).flatMap((each) => tokensIn(each, known)) : [];
}
