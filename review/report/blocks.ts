import type { Heading, List, Paragraph, PhrasingContent, RootContent, Table, TableCell } from 'mdast';
import type { Text } from '../phrase';
import { inline } from './escape';

export function title(depth: Heading['depth'], text: Text): Heading {
  return { type: 'heading', depth, children: inline(text) };
}

/** @param strong the beginning, in bold */
export function paragraph(text: Text, strong?: string): Paragraph {
  const start: PhrasingContent[] =
    strong === undefined ? [] : [{ type: 'strong', children: [{ type: 'text', value: strong }] }];
  return { type: 'paragraph', children: [...start, ...inline(text)] };
}

export function italic(text: string): Paragraph {
  return { type: 'paragraph', children: [{ type: 'emphasis', children: [{ type: 'text', value: text }] }] };
}

export function bullets(lines: readonly PhrasingContent[][]): List {
  return {
    type: 'list',
    spread: false,
    children: lines.map((children) => ({
      type: 'listItem',
      spread: false,
      children: [{ type: 'paragraph', children }],
    })),
  };
}

export function table(head: readonly string[], rows: readonly (readonly Text[])[]): Table {
  const cell = (text: Text): TableCell => ({ type: 'tableCell', children: inline(text) });
  return {
    type: 'table',
    children: [head, ...rows].map((cells) => ({ type: 'tableRow', children: cells.map(cell) })),
  };
}

/** @param summary must be our own text: it is not escaped */
export function fold(summary: string, body: readonly RootContent[]): RootContent[] {
  return [
    { type: 'html', value: `<details><summary>${summary}</summary>` },
    ...body,
    { type: 'html', value: '</details>' },
  ];
}
