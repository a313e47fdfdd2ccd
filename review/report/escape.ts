import type { InlineCode, PhrasingContent } from 'mdast';
import { phrase, type Text } from '../phrase';

/**
 * Characters that are invisible or affect their neighbors: controls, direction marks, zero-width characters, unusual
 * spaces.
 */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A text in which nothing is hidden: invisible characters are printed as `\u{202e}`, and a text that says so itself
 * differs.
 */
export function visible(text: string): string {
  return text
    .replaceAll('\\u{', '\\u{5c}u{')
    .replace(UNSEEN, (character) => (character === ' ' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`));
}

/** A name that somebody chose, in which nothing is hidden or only looks like something else. */
function shown(name: string): string {
  return apart(visible(name));
}

/** One line for a terminal or a log. Our own text and names may alternate. */
export function line(text: Text): string {
  const parts = phrase(text).map((part) => (typeof part === 'string' ? visible(part) : shown(part.name)));
  // A workflow's runner interprets `::error` at the start of a line, and `##[` anywhere, as commands.
  return parts
    .join('')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replaceAll('##[', '## [');
}

export function code(name: string): InlineCode {
  // In a table, a backslash before a pipe can't be escaped: together they would end the cell.
  const value = shown(name).replace(/\\+(?=\|)/g, (run) => '\\u{5c}'.repeat(run.length));
  return { type: 'inlineCode', value: value === '' ? '""' : value };
}

/**
 * What GitHub interprets in addition to Markdown: mentions, references to issues and commits, links, emoji,
 * mathematics, strikethrough. Our own sentences contain none.
 */
const SPECIAL = /[@#<>$~]|:\/\/|www\.|:[\w+-]+:|GH-\d|[0-9a-f]{7}/i;

/**
 * Our own text as text, which the printer escapes, and names as code. Anything that our own text never contains is
 * printed as code too.
 */
export function inline(text: Text): PhrasingContent[] {
  const parts = phrase(text)
    .filter((part) => part !== '')
    .map((part): InlineCode | { readonly type: 'text'; readonly value: string } => {
      if (typeof part !== 'string') return code(part.name);
      return SPECIAL.test(part) || visible(part) !== part ? code(part) : { type: 'text', value: part };
    });
  // Two adjacent code spans would merge their backticks.
  return parts.flatMap((part, index) =>
    part.type === 'inlineCode' && parts[index - 1]?.type === 'inlineCode'
      ? [{ type: 'text', value: ' ' }, part]
      : [part],
  );
}

/** A quoted Mermaid label: anything but letters, digits and harmless characters is written as a numeric entity. */
export function mermaidText(text: string): string {
  return shown(text).replace(/[^\p{L}\p{N} .,:/*_+−-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}

/** Characters that most fonts draw like one of ASCII, by script. */
const LOOK_ALIKES = [
  // Cyrillic
  '\u0430\u0435\u043a\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0475\u04bb\u04cf\u0501\u051b\u051d',
  '\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u04ae\u04c0',
  // Greek
  '\u03b1\u03b3\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7',
  '\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7',
  // Armenian
  '\u0566\u0570\u0575\u0578\u057d\u0581\u0585',
  // Latin
  '\u0131\u01c0\u01c3\u0251\u0261\u0269',
  // dashes, dots, slashes and colons
  '\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2024\u2044\u2215\u2236\u02d0\ua789',
].join('');

const ASCII = /^[\x20-\x7e]*$/;

/**
 * Marks what makes a name look like another one: `\u{435}` for a Cyrillic letter of `w\u{435}b`, and the same for an
 * accent that is a character of its own. A name that can't be taken for one of ASCII stays readable in any script.
 */
export function apart(name: string): string {
  if (ASCII.test(name)) return name;
  const characters = Array.from(name);
  const isForged = characters.every((character) => ASCII.test(character) || isLookAlike(character));
  const isComposed = name.normalize('NFC') === name;
  return characters
    .map((character) => {
      const hides = isForged ? !ASCII.test(character) : !isComposed && /\p{M}/u.test(character);
      return hides ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character;
    })
    .join('');
}

function isLookAlike(character: string): boolean {
  return LOOK_ALIKES.includes(character) || ASCII.test(character.normalize('NFKC'));
}
