import { remember } from '../model/maps';
import { plain } from '../phrase';
import { isObject, Unresolved, type Resource, type Value } from '../readers/values';
import { stamp, type Change } from './change';

/** How something without a known name is described. */
const STANDS_FOR = /\([\w ]+ of /;

/**
 * Adds to a change about something without a known name what that name will be computed from: `(name of
 * cloudfoundry_app.web)` could stand for any name, and an approval must be for one.
 *
 * @param resources after the change
 */
export function binderOfNames(resources: readonly Resource[]): (change: Change) => Change {
  let labels: ReturnType<typeof labelsOf> | undefined;
  const known = new Map<string, readonly string[]>();
  const tokensIn = (text: string): readonly string[] => {
    // Most of the thousands of names are known.
    if (!STANDS_FOR.test(text)) return [];
    labels ??= resources.filter(({ type }) => type.startsWith('cloudfoundry_')).flatMap(labelsOf);
    const all = labels;
    return remember(known, text, () => all.flatMap(([label, tokens]) => (text.includes(label) ? tokens : [])));
  };
  return (change) => {
    const { who, what, via = '', note = '', token = '' } = change;
    const tokens = new Set([...who, plain(what), via, plain(note)].flatMap(tokensIn));
    return tokens.size === 0 ? change : { ...change, token: stamp([token, ...[...tokens].sort()].join('\n')) };
  };
}

/** The end of a description, with the tokens of everything unknown in the resource. */
function labelsOf({ stack, address, values }: Resource): [label: string, tokens: readonly string[]][] {
  const tokens = tokensOf(values).map((token) => `${stack} ${token}`);
  // For the older provider, the description has more words after the address.
  return tokens.length === 0 ? [] : [')', ' '].map((end) => [` of ${address}${end}`, tokens]);
}

function tokensOf(value: Value): string[] {
  if (value instanceof Unresolved) return [value.token];
  if (Array.isArray(value)) return value.flatMap(tokensOf);
  return isObject(value) ? Object.values(value).flatMap(tokensOf) : [];
}
