import type { LogLine } from './cell';

export interface Frame {
  readonly stream: LogLine['stream'];
  readonly timestamp: string;
  readonly message: string;
}

/** A frame that is not parsed yet, since in a flood most are dropped. */
export interface RawFrame {
  readonly stream: number;
  /** When it was printed, in milliseconds since the epoch, truncated to the second. */
  readonly at: number;
  readonly payload: Buffer;
}

const HEADER = 8;
const SECOND = '2026-01-01T00:00:00'.length;
const STDERR = 2;
const STAMPED = /^(\S+)\.(\d{9})Z (.*)$/s;

/**
 * Parses the engine's log stream of a container without a terminal: 8 bytes (stream, length), then a time in
 * nanoseconds and up to 16 KiB of a line. A longer line becomes several, as on the platform.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export class FrameParser {
  private pending: Buffer = Buffer.alloc(0);
  private second = '';
  private at = 0;

  public *push(chunk: Buffer): Iterable<RawFrame> {
    const data = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    let start = 0;
    while (data.length >= start + HEADER) {
      const end = start + HEADER + data.readUInt32BE(start + 4);
      if (data.length < end) break;
      const payload = data.subarray(start + HEADER, end);
      yield { stream: data[start] ?? 0, at: this.timeOf(payload), payload };
      start = end;
    }
    // A copy, since a slice would keep the whole chunk in memory.
    this.pending = Buffer.from(data.subarray(start));
  }

  /** Parses the time once for all lines of a second. */
  private timeOf(payload: Buffer): number {
    const second = payload.toString('latin1', 0, SECOND);
    if (second !== this.second) {
      this.second = second;
      this.at = Date.parse(`${second}Z`) || 0;
    }
    return this.at;
  }
}

/** Bytes of the application's message, as the log limit counts them. */
export function messageLength({ payload }: RawFrame): number {
  return Math.max(0, payload.length - payload.indexOf(0x20) - 2);
}

/** `undefined` for anything but a log line. */
export function readFrame({ stream, payload }: RawFrame): Frame | undefined {
  const text = payload.toString('utf8').replace(/\r?\n$/, '');
  const [, seconds, nanoseconds, message] = STAMPED.exec(text) ?? [];
  if (seconds === undefined || nanoseconds === undefined || message === undefined) return undefined;
  return {
    stream: stream === STDERR ? 'ERR' : 'OUT',
    timestamp: `${Date.parse(`${seconds}Z`) / 1000}${nanoseconds}`,
    message,
  };
}
