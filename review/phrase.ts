/**
 * A name that somebody else chose, such as that of an application, a host or an address: printed as code, never as
 * markup.
 */
export interface Name {
  readonly name: string;
}

/** A clause in our own words in which names stay separate, so that no printer has to find them again. */
export type Phrase = readonly (string | Name)[];

/** A clause, with or without names: a string is our own text and is printed as such. */
export type Text = string | Phrase;

/**
 * Builds a phrase: `` say`${client} can now reach ${host}` ``. A string that is inserted becomes a name; a number or
 * another phrase stays as it is.
 */
export function say(texts: TemplateStringsArray, ...values: readonly (string | number | Phrase)[]): Phrase {
  return texts.flatMap((text, index) => {
    const value = values[index];
    if (value === undefined) return [text];
    if (typeof value === 'number') return [text, String(value)];
    return typeof value === 'string' ? [text, { name: value }] : [text, ...value];
  });
}

export function phrase(text: Text): Phrase {
  return typeof text === 'string' ? [text] : text;
}

/** Joins several phrases with text of our own. */
export function joined(phrases: readonly Text[], separator = ', '): Phrase {
  return phrases.flatMap((each, index) => [...(index === 0 ? [] : [separator]), ...phrase(each)]);
}

/** `` `a`, `b` and 3 more ``. */
export function names(all: readonly string[], most: number): Phrase {
  const shown = all.slice(0, most).map((name): Phrase => [{ name }]);
  const rest = all.length - shown.length;
  return [...joined(shown), ...(rest > 0 ? [` and ${rest} more`] : [])];
}

/** Without markup on the names, for machines and comparisons. */
export function plain(text: Text): string {
  return phrase(text)
    .map((part) => (typeof part === 'string' ? part : part.name))
    .join('');
}
