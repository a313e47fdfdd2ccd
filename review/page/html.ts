import { visible } from '../report/escape';

/** A piece of a page, in which everything that isn't ours is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[];

/** Builds a piece of a page: inserted values are text unless they are pieces themselves. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // Whitespace between elements creates text nodes, and a large page has a hundred thousand of them.
  return new Html(texts.map((text, index) => text.replace(/>\s+</g, '><') + printed(parts[index])).join(''));
}

export function list(items: readonly Part[], none = ''): Html {
  const [only] = items;
  if (items.length === 1) return markup`${only ?? ''}`;
  if (items.length === 0) return markup`${none}`;
  return markup`<ul>
    ${items.map((item) => markup`<li>${item}</li>`)}
  </ul>`;
}

function printed(part: Part | undefined): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
}

/** Escapes text, also for attributes in double quotes. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Data for a script in the page: no string in it can end the element. */
export function inlined(data: unknown): Html {
  return new Html(
    JSON.stringify(data).replace(
      /[<>&\u2028\u2029]/g,
      (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
