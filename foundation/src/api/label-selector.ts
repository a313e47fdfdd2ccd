/** @see https://v3-apidocs.cloudfoundry.org/#labels-and-selectors */
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

/** Parses a selector. Commas separate its requirements, except inside parentheses. */
export const parseLabelSelector = (text: string): Requirement => {
  if (text.trim() === '') throw badQuery('The query parameter is invalid: Missing label_selector value');
  const requirements = text.split(/,(?![^()]*\))/).map((part) => readRequirement(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
};
