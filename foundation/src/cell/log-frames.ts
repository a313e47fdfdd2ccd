import type { LogLine } from './cell';

export interface Frame {
  readonly stream: LogLine['stream'];
  readonly timestamp: string;
  readonly message: string;
}

const HEADER = 8;
const STDERR = 2;
const STAMPED = /^(\S+)\.(\d{9})Z (.*)$/s;

/**
 * Takes apart the engine's log stream of a container without a terminal: 8 bytes (stream, length), then a time in
 * nanoseconds and at most 16 KiB of a line. A longer line comes as several, as it does on the platform.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export class FrameParser {
  private pending = Buffer.alloc(0);

  public push(chunk: Buffer): Frame[] {
    this.pending = Buffer.concat([this.pending, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      if (this.pending.length < HEADER) return frames;
      const end = HEADER + this.pending.readUInt32BE(4);
      if (this.pending.length < end) return frames;
      const frame = parse(this.pending[0] ?? 0, this.pending.toString('utf8', HEADER, end));
      if (frame) frames.push(frame);
      this.pending = this.pending.subarray(end);
    }
  }
}

function parse(stream: number, payload: string): Frame | undefined {
  const [, seconds, nanoseconds, message] = STAMPED.exec(payload.replace(/\r?\n$/, '')) ?? [];
  if (seconds === undefined || nanoseconds === undefined || message === undefined) return undefined;
  return {
    stream: stream === STDERR ? 'ERR' : 'OUT',
    timestamp: `${Date.parse(`${seconds}Z`) / 1000}${nanoseconds}`,
    message,
  };
}
