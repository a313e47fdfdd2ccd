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
