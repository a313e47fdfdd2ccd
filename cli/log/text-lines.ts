import type { Readable } from 'node:stream';

/** The proxy's lines have at most 8,192 bytes, and the platform's prefix is short. */
const LONGEST = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Passes on each line with every byte as a character: the proxy writes ASCII, and anything else must only stay
 * distinct. Lines longer than the limit are dropped.
 */
export async function eachLine(source: Readable, take: (line: string) => void): Promise<void> {
  let rest = '';
  let tooLong = false;
  for await (const part of source) {
    const chunk = part as Buffer;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (!tooLong && rest.length + at - from <= LONGEST) take(own(rest + chunk.toString('latin1', from, at)));
      rest = '';
      tooLong = false;
      from = at + 1;
    }
    if (tooLong) continue;
    rest += chunk.toString('latin1', from);
    tooLong = rest.length > LONGEST;
    if (tooLong) rest = '';
  }
  if (rest !== '') take(own(rest));
}

/** What a program on Windows adds to a file: a byte order mark before the first line, and another character at each line's end. */
function own(line: string): string {
  return line.replace(/^\xef\xbb\xbf/, '').replace(/\r$/, '');
}
