import type { InlineCode, PhrasingContent } from 'mdast';
import { phrase, type Text } from '../phrase';

/** What nobody sees, or what moves what stands beside it: controls, marks of direction, zero width, spaces that are none. */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** A text of which nothing is hidden: what is not seen is written as `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === ' ' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** As one line of a terminal or a log, where names may stand between our own text. */
export function line(text: Text): string {
  const parts = phrase(text).map((part) => visible(typeof part === 'string' ? part : part.name));
  // The runner of a workflow takes `::error` at the start of a line, and `##[` anywhere, for a command to it.
  return parts
    .join('')
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replaceAll('##[', '## [');
}

export function code(name: string): InlineCode {
  // Before a pipe a backslash can't be written in a table: the two end the cell.
  const value = visible(name).replace(/\\+(?=\|)/g, (run) => '\\u{5c}'.repeat(run.length));
  return { type: 'inlineCode', value: value === '' ? '""' : value };
}

/**
 * What GitHub makes something of in a text, whatever Markdown says: mentions, references to issues and commits, links,
 * emoji, mathematics, struck out text. No sentence of ours has any.
 */
const SPECIAL = /[@#<>$~]|:\/\/|www\.|:[\w+-]+:|GH-\d|[0-9a-f]{7}/i;

/** Our own text as text, which the printer escapes, and names as code. What a text of ours never holds makes it code too. */
export function inline(text: Text): PhrasingContent[] {
  const parts = phrase(text)
    .filter((part) => part !== '')
    .map((part): InlineCode | { readonly type: 'text'; readonly value: string } => {
      if (typeof part !== 'string') return code(part.name);
      return SPECIAL.test(part) || visible(part) !== part ? code(part) : { type: 'text', value: part };
    });
  // The ticks of two that touch would be one run.
  return parts.flatMap((part, index) =>
    part.type === 'inlineCode' && parts[index - 1]?.type === 'inlineCode'
      ? [{ type: 'text', value: ' ' }, part]
      : [part],
  );
}

/** A label of Mermaid in double quotes: what is neither a letter, a digit nor harmless is written by its number. */
export function mermaidText(text: string): string {
  return visible(text).replace(/[^\p{L}\p{N} .,:/*_+−-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}
