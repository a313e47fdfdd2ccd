/** A name that somebody else chose, such as an application's, a host's or an address's: shown as code, never as markup. */
export interface Name {
  readonly name: string;
}

/** A clause of our own with the names in it kept apart, so that no printer has to find them again. */
export type Phrase = readonly (string | Name)[];

/** A clause that may be without names: a string is text of our own, and is shown as such. */
export type Text = string | Phrase;

/**
 * Makes a phrase: `` say`${client} can now reach ${host}` ``. What is put in is a name if it is a string, and stays what it is
 * if it is a number or another phrase.
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

/** Several in one, with text of our own between them. */
export function joined(phrases: readonly Text[], separator = ', '): Phrase {
  return phrases.flatMap((each, index) => [...(index === 0 ? [] : [separator]), ...phrase(each)]);
}

/** `` `a`, `b` and 3 more ``. */
export function names(all: readonly string[], most: number): Phrase {
  const shown = all.slice(0, most).map((name): Phrase => [{ name }]);
  const rest = all.length - shown.length;
  return [...joined(shown), ...(rest > 0 ? [` and ${rest} more`] : [])];
}

/** Without a mark on the names, for machines and comparisons. */
export function plain(text: Text): string {
  return phrase(text)
    .map((part) => (typeof part === 'string' ? part : part.name))
    .join('');
}
