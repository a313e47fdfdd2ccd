/** A column of a text table. Columns that may wrap share the width that the others leave. */
interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly wraps?: boolean;
}

const GAP = '  ';
const LEAST = 10;

/** Lines of a table within `width`, as long as the fixed columns leave ten characters for each that wraps. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width = 80): string[] {
  const natural = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  );
  const widths = fit(columns, natural, width);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]?.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
      )
      .join(GAP)
      .trimEnd();
  const body = rows.flatMap((row) => {
    const wrapped = columns.map((_, index) => wrap(row[index] ?? '', widths[index] ?? 0));
    const height = Math.max(...wrapped.map((cell) => cell.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((cell) => cell[at] ?? '')));
  });
  return [line(columns.map((column) => column.title)), line(widths.map((each) => '─'.repeat(each))), ...body];
}

/** Wrapping columns shrink in proportion; what a column at its minimum can't give up, the widest does. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const available = width - GAP.length * (columns.length - 1);
  const excess = sum(natural) - available;
  if (excess <= 0) {
    return natural;
  }
  const wraps = (index: number): boolean => columns[index]?.wraps === true;
  const wrapping = sum(natural.filter((_, index) => wraps(index)));
  const widths = natural.map((each, index) =>
    wraps(index) ? Math.max(LEAST, Math.floor(each - (excess * each) / wrapping)) : each,
  );
  for (let left = sum(widths) - available; left > 0; left -= 1) {
    const widest = Math.max(...widths.filter((_, index) => wraps(index)));
    if (widest <= LEAST) break;
    widths[widths.findIndex((each, index) => wraps(index) && each === widest)] = widest - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Breaks at spaces; breaks a word that is longer than the line, such as an address, after a punctuation character. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    while (line.length > width) {
      const end = breakBefore(line, width);
      lines.push(line.slice(0, end));
      line = line.slice(end);
    }
  }
  return [...lines, line];
}

/** The position after the last punctuation character that fits, provided that half of the line is used. */
function breakBefore(word: string, width: number): number {
  const sign = Math.max(...['.', ':', '/'].map((each) => word.lastIndexOf(each, width - 1))) + 1;
  return sign >= width / 2 ? sign : width;
}
