import { badQuery } from '../cloud/errors';
import { ownProperty } from '../own-property';

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const KEY = '[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,250}[A-Za-z0-9])?';
const VALUE = '[A-Za-z0-9._-]{0,63}';

const FORMS: readonly (readonly [RegExp, (key: string, values: readonly string[]) => Requirement])[] = [
  [new RegExp(`^(${KEY})$`), (key) => (labels) => ownProperty(labels, key) !== undefined],
  [new RegExp(`^!(${KEY})$`), (key) => (labels) => ownProperty(labels, key) === undefined],
  [
    new RegExp(`^(${KEY})==?(${VALUE})$`),
    (key, values) => (labels) => values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})!=(${VALUE})$`),
    (key, values) => (labels) => !values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})\\s+in\\s+\\(([^()]*)\\)$`),
    (key, values) => (labels) => values.includes(ownProperty(labels, key) ?? '\0'),
  ],
  [
    new RegExp(`^(${KEY})\\s+notin\\s+\\(([^()]*)\\)$`),
    (key, values) => (labels) => !values.includes(ownProperty(labels, key) ?? '\0'),
  ],
];

const readRequirement = (text: string): Requirement => {
  for (const [form, make] of FORMS) {
    const [, key, values = ''] = form.exec(text) ?? [];
    if (key !== undefined) {
      const wanted = values.split(',').map((value) => value.trim());
      return make(key, wanted);
    }
  }
  throw badQuery('The query parameter is invalid: Invalid label_selector value');
};

/**
 * Parses a selector. Commas separate its requirements, except inside parentheses.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#labels-and-selectors
 */
export const parseLabelSelector = (text: string): Requirement => {
  if (text.trim() === '') throw badQuery('The query parameter is invalid: Missing label_selector value');
  const requirements = text.split(/,(?![^()]*\))/).map((part) => readRequirement(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
};

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Times all have the same format, so comparing them as strings compares the times. */
const RELATIONS: Readonly<Record<string, (actual: string, wanted: readonly string[]) => boolean>> = {
  '': (actual, wanted) => wanted.includes(actual),
  '[gt]': (actual, [wanted = '']) => actual > wanted,
  '[gte]': (actual, [wanted = '']) => actual >= wanted,
  '[lt]': (actual, [wanted = '']) => actual < wanted,
  '[lte]': (actual, [wanted = '']) => actual <= wanted,
};

const FIELDS = { created_ats: 'createdAt', updated_ats: 'updatedAt' } as const;

interface Timed {
  readonly createdAt: string;
  readonly updatedAt: string;
}

const PARAMETERS = Object.entries(FIELDS).flatMap(([name, field]) =>
  Object.entries(RELATIONS).map(([relation, holds]) => ({ parameter: name + relation, name, relation, field, holds })),
);

export const TIME_PARAMETERS: readonly string[] = PARAMETERS.map(({ parameter }) => parameter);

/** The query's filters for the times of a row. */
export const timeFilters = (query: Readonly<Record<string, string | undefined>>): ((row: Timed) => boolean)[] =>
  PARAMETERS.flatMap(({ parameter, name, relation, field, holds }) => {
    const text = query[parameter];
    if (text === undefined) return [];
    const wanted = text.split(',');
    if (!wanted.every((time) => TIME.test(time)) || (relation !== '' && wanted.length > 1)) {
      throw badQuery(
        `The query parameter is invalid: ${capitalize(name)} has an invalid timestamp format. ` +
          'Timestamps should be formatted as YYYY-MM-DDThh:mm:ssZ',
      );
    }
    return [(row: Timed) => holds(row[field], wanted)];
  });

const capitalize = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replace('_', ' ');
