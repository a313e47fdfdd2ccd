import type { InstanceSpec, LogLine } from './cell';
import { LOG_LIMITS } from '../limits';

interface LogBookLimits {
  /** Lines per application. */
  readonly lines: number;
  /** Bytes per application. */
  readonly bytes: number;
  /** Bytes of all applications together. */
  readonly total: number;
}

/** Milliseconds by which the newest line may be ahead of the clock. More means that the clock was set back. */
const SKEW = 1000;
/** The fraction of a limit that is kept when it is exceeded, so lines aren't moved each time. */
const KEPT = 0.8;

interface Book {
  lines: LogLine[];
  bytes: number;
}

/** The recent log lines of each application, in memory; the engine keeps the containers' output. */
export class LogBook {
  private readonly books = new Map<string, Book>();
  private bytes = 0;

  public constructor(
    private readonly limits: LogBookLimits = LOG_LIMITS,
    private readonly clock: () => number = Date.now,
  ) {}

  public append(appGuid: string, written: LogLine): void {
    const book = this.books.get(appGuid) ?? { lines: [], bytes: 0 };
    // Moves the book to the end, since books are ordered by their last write.
    this.books.delete(appGuid);
    this.books.set(appGuid, book);
    const line = this.inOrder(book.lines.at(-1), written);
    // Searches from the end, since lines arrive nearly in order.
    let place = book.lines.length;
    while (place > 0 && isLater(book.lines[place - 1], line)) place -= 1;
    if (place === book.lines.length) book.lines.push(line);
    else book.lines.splice(place, 0, line);
    this.weigh(book, sizeOf(line));
    this.trim(book);
    this.trimOthers(book);
  }

  public lines(appGuid: string): readonly LogLine[] {
    return [...(this.books.get(appGuid)?.lines ?? [])];
  }

  /** If the clock was set back, gives a new line a time just after the newest one, so readers still find it last. */
  private inOrder(newest: LogLine | undefined, line: LogLine): LogLine {
    if (!newest || !isLater(newest, line) || !isLater(newest, { timestamp: nanoseconds(this.clock() + SKEW) })) {
      return line;
    }
    return { ...line, timestamp: String(BigInt(newest.timestamp) + 1n) };
  }

  private trim(book: Book): void {
    const { lines, bytes } = this.limits;
    if (book.lines.length <= lines && book.bytes <= bytes) return;
    let dropped = 0;
    let freed = 0;
    for (const line of book.lines) {
      if (book.lines.length - dropped <= lines * KEPT && book.bytes - freed <= bytes * KEPT) break;
      freed += sizeOf(line);
      dropped += 1;
    }
    book.lines = book.lines.slice(dropped);
    this.weigh(book, -freed);
  }

  /** Drops the logs of the applications that have been silent the longest, including deleted ones. */
  private trimOthers(current: Book): void {
    for (const [appGuid, book] of this.books) {
      if (this.bytes <= this.limits.total || book === current) return;
      this.books.delete(appGuid);
      this.weigh(book, -book.bytes);
    }
  }

  private weigh(book: Book, bytes: number): void {
    book.bytes += bytes;
    this.bytes += bytes;
  }
}

/** Estimated bytes in memory of a line without its text. */
const OVERHEAD = 200;

function sizeOf({ message }: LogLine): number {
  return OVERHEAD + message.length * 2;
}

/** Compares strings of digits, since numbers would lose some. */
function isLater(one: Pick<LogLine, 'timestamp'> | undefined, other: Pick<LogLine, 'timestamp'>): boolean {
  if (!one) return false;
  const [a, b] = [one.timestamp, other.timestamp];
  return a.length === b.length ? a > b : a.length > b.length;
}

/** The fields that every line of an instance shares. */
export function originOf(spec: InstanceSpec): Pick<LogLine, 'instanceIndex' | 'instanceGuid' | 'process'> {
  const { index, instanceGuid, processGuid, processType } = spec;
  return { instanceIndex: String(index), instanceGuid, process: { guid: processGuid, type: processType } };
}

export function now(): string {
  return nanoseconds(Date.now());
}

function nanoseconds(milliseconds: number): string {
  return `${milliseconds}000000`;
}
