import type { Readable } from 'node:stream';

/** A line of an application's log, from the platform or from a file. */
export interface Line {
  /** The application's instance that wrote it; undefined if the log doesn't say. */
  readonly instance?: string;
  /** The stream that it was written to; undefined if the log doesn't say. */
  readonly stream?: 'OUT' | 'ERR';
  readonly text: string;
}

/** The source of the application's own output, as opposed to the platform's messages. */
export const PROCESS = 'APP/PROC/WEB';

/** The beginning of the proxy's own lines. */
export const BEGINNING = '{"time":"';

/** The prefix that `cf logs` prints: time, source and stream. */
const PRINTED = /^ *\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d{4}) \[([^\]]*)\] (OUT|ERR) ?/;

/**
 * The same in what a drain receives: priority, application and source in the format of RFC 5424, with or without the
 * frame's length.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html
 */
const DRAINED = /^(?:\d+ )?<(\d{1,3})>1 \S+ (\S+) (\S+) \[([^\]]*)\] - (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?/;
/** The severity of standard output in a drain: the last three bits of the priority. */
const INFORMATIONAL = 6;

type Form = 'printed' | 'drained' | 'plain';

/**
 * Determines who wrote a line. The first line that shows whether and how the platform prefixes lines decides for the
 * whole log, because it is older than anything that a client could have made the proxy print: in a log with prefixes, a
 * line without one counts as nobody's.
 */
export class Marks {
  /** Lines that may be the application's. */
  lines = 0;
  /** The application whose lines a drain's archive contains. */
  application?: string;
  private form?: Form;
  private id?: string;

  /** @param of the application in an archive with several, by its id or as ORG.SPACE.APP */
  constructor(private readonly of?: string) {}

  /**
   * Undefined if the line isn't the application's.
   *
   * @throws if two applications could both be the proxy
   */
  take(text: string): Line | undefined {
    this.form ??= formOf(text);
    const line = this.form === 'printed' ? printed(text) : this.form === 'drained' ? this.drained(text) : { text };
    if (line !== undefined && text !== '') this.lines += 1;
    return line;
  }

  /** Another application's log may contain lines that look like a proxy's. */
  private drained(text: string): Line | undefined {
    const [prefix, priority, name = '', id = '', source = ''] = DRAINED.exec(text) ?? [];
    if (prefix === undefined || !isProcess(source) || (this.of !== undefined && ![name, id].includes(this.of))) {
      return undefined;
    }
    const own = text.slice(prefix.length);
    if (own.startsWith(BEGINNING) && id !== this.id) {
      if (this.id !== undefined) {
        throw new Error(
          `${this.application ?? ''} (${this.id}) and ${name} (${id}) both have lines like a proxy's in this log: use --of to give the id ` +
            'of the one that is the proxy',
        );
      }
      this.id = id;
      this.application = name;
    }
    return { instance: source, stream: Number(priority) % 8 === INFORMATIONAL ? 'OUT' : 'ERR', text: own };
  }
}

function formOf(text: string): Form | undefined {
  if (PRINTED.test(text)) return 'printed';
  if (DRAINED.test(text)) return 'drained';
  return text.startsWith(BEGINNING) ? 'plain' : undefined;
}

function printed(text: string): Line | undefined {
  const [prefix, instance = '', stream] = PRINTED.exec(text) ?? [];
  if (prefix === undefined || !isProcess(instance)) return undefined;
  return { instance, stream: stream === 'ERR' ? 'ERR' : 'OUT', text: text.slice(prefix.length) };
}

const isProcess = (source: string): boolean => source === PROCESS || source.startsWith(`${PROCESS}/`);

/** A decision of the proxy; the README of its image explains each rule. */
export interface Entry {
  readonly time: string;
  /** The client's name if the proxy identifies its clients, otherwise its address. */
  readonly client: string;
  /** Whether the client has a name, and so may have its own list. */
  readonly named: boolean;
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** `audited` means that it would have been refused without audit mode. */
  readonly verdict: 'allowed' | 'refused' | 'failed' | 'audited';
  readonly rule: string;
  /** The host that the TLS ClientHello in a tunnel names; undefined if none. */
  readonly tls?: string;
  readonly received: number;
  readonly sent: number;
}

const VERDICTS: readonly unknown[] = ['allowed', 'refused', 'failed', 'audited'];

export type Fields = Readonly<Record<string, unknown>>;

/** The request in a line; undefined if it isn't about a request. */
export function toEntry(fields: Fields): Entry | undefined {
  if (!VERDICTS.includes(fields.verdict)) return undefined;
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? decode(value) : '-';
  };
  const user = text('user');
  const named = user !== '-';
  const tls = text('tls');
  return {
    time: text('time'),
    // A user name is the client and the version of its password.
    client: named ? user.replace(/\.[^.]*$/, '') : text('client'),
    named,
    method: text('method'),
    host: text('host').toLowerCase().replace(/\.$/, ''),
    port: Number(text('port')),
    verdict: fields.verdict as Entry['verdict'],
    rule: text('rule'),
    ...(tls !== '-' && { tls }),
    received: Number(fields.received ?? 0),
    sent: Number(fields.sent ?? 0),
  };
}

/** Decodes what the client chose, which is URL-encoded. Terminal control characters stay encoded. */
function decode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([2-7][0-9A-Fa-f])/g, (encoded, hex: string) =>
    hex.toLowerCase() === '7f' ? encoded : String.fromCharCode(parseInt(hex, 16)),
  );
}

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
