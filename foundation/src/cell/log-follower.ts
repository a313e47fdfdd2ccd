import { once } from 'node:events';
import type Docker from 'dockerode';
import { FrameParser, messageLength, readFrame, type Frame } from './log-frames';
import type { LogLimit } from './log-limit';
import type { LogRate } from './log-rate';

export interface Follow {
  readonly limit: LogLimit;
  /** Counts the lines that pass the limit, by their own time. */
  readonly rate?: LogRate;
  readonly take: (frame: Frame) => void;
  readonly signal?: AbortSignal;
}

/** Reads a container's log from the beginning, and resolves when the container has stopped. */
export async function followLog(container: Docker.Container, follow: Follow): Promise<void> {
  const { limit, rate, take, signal } = follow;
  const stream = await container.logs({
    follow: true,
    stdout: true,
    stderr: true,
    timestamps: true,
    abortSignal: signal,
  });
  const parser = new FrameParser();
  stream.on('data', (chunk: Buffer) => {
    for (const raw of parser.push(chunk)) {
      // By the time of the line, since a foundation that takes over an instance reads its log from the beginning.
      const verdict = limit.admit(messageLength(raw), raw.at);
      if (verdict.passes) rate?.add(messageLength(raw), raw.at);
      const notice = verdict.passes ? undefined : verdict.notice;
      if (!verdict.passes && notice === undefined) continue;
      const frame = readFrame(raw);
      if (frame) take(notice === undefined ? frame : { ...frame, stream: 'OUT', message: notice });
    }
  });
  await once(stream, 'end');
}
