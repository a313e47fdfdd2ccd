type Row = readonly string[];

export const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** A part of a page that a command generates, between two comments; the first one names the command. */
const positions = (page: string, what: string): readonly [number, number] => {
  const [begin, end] = [`<!-- ${what} -->`, `<!-- /${what} -->`];
  const [first, last] = [page.indexOf(begin), page.indexOf(end)];
  if (first < 0 || last < first) throw new Error(`the page has no ${begin} with ${end} after it`);
  return [first + begin.length, last];
};

export const generatedPart = (page: string, what: string): string => page.slice(...positions(page, what)).trim();

export function withGenerated(page: string, what: string, text: string): string {
  const [begin, end] = positions(page, what);
  return `${page.slice(0, begin)}\n\n${text.trim()}\n\n${page.slice(end)}`;
}
