import type { LogLine } from './cell';

/** As much of an application's log as the platform's log cache answers `cf logs --recent` with, and then some. */
const CAPACITY = 2000;

/** The recent log of each application, in memory; the engine keeps what containers wrote. */
export class LogBook {
  private readonly books = new Map<string, LogLine[]>();

  public constructor(private readonly capacity = CAPACITY) {}

  public append(appGuid: string, line: LogLine): void {
    const book = this.books.get(appGuid) ?? [];
    this.books.set(appGuid, book);
    // From the end: lines arrive nearly in order.
    let place = book.length;
    while (place > 0 && isLater(book[place - 1], line)) place -= 1;
    book.splice(place, 0, line);
    if (book.length > this.capacity) book.splice(0, book.length - this.capacity);
  }

  public lines(appGuid: string): readonly LogLine[] {
    return [...(this.books.get(appGuid) ?? [])];
  }
}

function isLater(one: LogLine | undefined, other: LogLine): boolean {
  return one !== undefined && BigInt(one.timestamp) > BigInt(other.timestamp);
}

export function now(): string {
  return `${Date.now()}000000`;
}
