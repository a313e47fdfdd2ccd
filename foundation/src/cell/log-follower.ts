import { once } from 'node:events';
import type Docker from 'dockerode';
import { FrameParser, type Frame } from './log-frames';

/** Reads a container's log from its beginning; resolves at its end, which is when the container has stopped. */
export async function followLog(
  container: Docker.Container,
  take: (frame: Frame) => void,
  signal?: AbortSignal,
): Promise<void> {
  const stream = await container.logs({
    follow: true,
    stdout: true,
    stderr: true,
    timestamps: true,
    abortSignal: signal,
  });
  const parser = new FrameParser();
  stream.on('data', (chunk: Buffer) => {
    parser.push(chunk).forEach(take);
  });
  await once(stream, 'end');
}
