import type { Readable } from 'node:stream';

/** The proxy writes none that is longer than 8,192 bytes, and the platform's mark is short. */
const LONGEST = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Gives on each line, byte by byte as signs: what the proxy writes is ASCII, and anything else must only stay something else. Of a
 * line that is longer than any of ours nothing is kept.
 */
export async function eachLine(source: Readable, take: (line: string) => void): Promise<void> {
  let rest = '';
  let tooLong = false;
  for await (const part of source) {
    const chunk = part as Buffer;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (!tooLong) take(rest + chunk.toString('latin1', from, at));
      rest = '';
      tooLong = false;
      from = at + 1;
    }
    if (tooLong) continue;
    rest += chunk.toString('latin1', from);
    tooLong = rest.length > LONGEST;
    if (tooLong) rest = '';
  }
  if (rest !== '') take(rest);
}
