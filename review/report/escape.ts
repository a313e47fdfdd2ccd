import type { InlineCode, PhrasingContent } from 'mdast';
import { phrase, type Text } from '../phrase';
import { apart } from './look-alikes';

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
