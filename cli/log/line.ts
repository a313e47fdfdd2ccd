/** A line of an application's log, as the platform or a file has it. */
export interface Line {
  /** Which of the application's instances has written it; undefined where the log doesn't say. */
  readonly instance?: string;
  /** Where it was written to; undefined where the log doesn't say. */
  readonly stream?: 'OUT' | 'ERR';
  readonly text: string;
}

/** What the application prints, not the platform about it. */
export const PROCESS = 'APP/PROC/WEB';

/** What stands in front of a line as `cf logs` prints it: when, who and where to. */
const PREFIX = /^ *\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d{4}) \[([^\]]*)\] (OUT|ERR) ?/;

/** What the proxy's own lines begin with. */
export const BEGINNING = '{"time":"';

/**
 * The lines of a file. Whether the platform has marked them is decided by the first line that could tell, which is older than
 * what any client could have made the proxy print: of a log that is marked, a line without a mark is nobody's.
 */
export function linesOf(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const marked = PREFIX.test(lines.find((line) => PREFIX.test(line) || line.startsWith(BEGINNING)) ?? '');
  return marked ? lines.flatMap(withMark) : lines.map((line) => ({ text: line }));
}

function withMark(line: string): Line[] {
  const [prefix, instance = '', stream] = PREFIX.exec(line) ?? [];
  if (prefix === undefined || instance.split('/', 3).join('/') !== PROCESS) return [];
  return [{ instance, stream: stream === 'ERR' ? 'ERR' : 'OUT', text: line.slice(prefix.length) }];
}
