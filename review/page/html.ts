import { visible } from '../report/escape';

/** A piece of a page in which everything is escaped that is not of ours. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[];

/** Makes a piece of a page: what is put in is text, unless it is a piece itself. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // Space between elements, of which there are a hundred thousand in a large page, is a node each.
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

/** Of a text and of an attribute in double quotes. */
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

/** Data for a script of the page: no text in it ends the element. */
export function inlined(data: unknown): Html {
  return new Html(
    JSON.stringify(data).replace(
      /[<>&\u2028\u2029]/g,
      (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
