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

/** What the proxy's own lines begin with. */
export const BEGINNING = '{"time":"';

/** What stands in front of a line as `cf logs` prints it: when, who and where to. */
const PRINTED = /^ *\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d{4}) \[([^\]]*)\] (OUT|ERR) ?/;

/**
 * The same in what a drain is sent: priority, application and who, by RFC 5424, with the frame's length or without it.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html
 */
const DRAINED = /^(?:\d+ )?<(\d{1,3})>1 \S+ (\S+) (\S+) \[([^\]]*)\] - (?:-|(?:\[(?:[^\]\\]|\\.)*\])+) ?/;
/** The severity, the last three bits of a priority, that a drain gives to standard output. */
const INFORMATIONAL = 6;

type Form = 'printed' | 'drained' | 'plain';

/**
 * Tells whose a line is. Whether and how the platform has marked them is decided by the first line that could tell, which is
 * older than what any client could have made the proxy print: of a log that is marked, a line without a mark is nobody's.
 */
export class Marks {
  /** Lines that may be the application's. */
  lines = 0;
  /** The application whose lines a drain's archive has. */
  application?: string;
  private form?: Form;
  private id?: string;

  /** @param of the application in an archive of several, by its id or as ORG.SPACE.APP */
  constructor(private readonly of?: string) {}

  /**
   * Undefined for a line that is not the application's.
   *
   * @throws where two applications could both be the proxy
   */
  take(text: string): Line | undefined {
    this.form ??= formOf(text);
    const line = this.form === 'printed' ? printed(text) : this.form === 'drained' ? this.drained(text) : { text };
    if (line !== undefined && text !== '') this.lines += 1;
    return line;
  }

  /** Another application's log may hold what looks like a proxy's. */
  private drained(text: string): Line | undefined {
    const [prefix, priority, name = '', id = '', source = ''] = DRAINED.exec(text) ?? [];
    if (prefix === undefined || !isProcess(source) || (this.of !== undefined && ![name, id].includes(this.of))) {
      return undefined;
    }
    const own = text.slice(prefix.length);
    if (own.startsWith(BEGINNING) && id !== this.id) {
      if (this.id !== undefined) {
        throw new Error(
          `${this.application ?? ''} (${this.id}) and ${name} (${id}) both have lines like a proxy's in this log: say with --of ` +
            'which one is the proxy, by its id',
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
