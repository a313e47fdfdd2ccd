import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import tar from 'tar-stream';

/** Calls to the container engine that need more than one line. */

export function statusCode(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/** The result of a look-up, or `undefined` if it does not exist. */
export async function found<T>(lookUp: Promise<T>): Promise<T | undefined> {
  try {
    return await lookUp;
  } catch (error) {
    if (statusCode(error) === 404) return undefined;
    throw error;
  }
}

/** The engine's own message, without the status line that the client adds in front. */
export function engineMessage(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return json?.message ?? message ?? String(error);
}

/** Follows the events of a pull, push, or build to their end, and returns them. */
export function followProgress<T>(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onEvent?: (event: T) => void,
): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null, events: T[]): void => {
      if (error) reject(error);
      else resolve(events);
    };
    docker.modem.followProgress(stream, finish, onEvent);
  });
}

/** Removes a container in any state. Has no effect if it is already gone. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    // 409: it is already being removed.
    if (statusCode(error) === 409) await container.wait({ condition: 'removed' }).catch(() => undefined);
    else if (statusCode(error) !== 404) throw error;
  }
}

/** Runs a command in a container with the text as its standard input. Rejects with its output if it fails. */
export async function execute(
  container: Docker.Container,
  command: readonly string[],
  input: string,
  user?: string,
): Promise<void> {
  const exec = await container.exec({
    Cmd: [...command],
    ...(user === undefined ? {} : { User: user }),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  const output = new PassThrough();
  (container.modem as Docker['modem']).demuxStream(stream, output, output);
  const finished = new Promise<void>((resolve, reject) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', reject);
  }).finally(() => output.end());
  stream.end(input);
  const [printed] = await Promise.all([text(output), finished]);
  const { ExitCode: code } = await exec.inspect();
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code ?? 'nothing'}: ${printed.trim()}`);
}

const HEADER = 8;

/** Splits what a container prints without a terminal: a byte for the stream, three zeros, and the length precede each piece. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);

  public *push(chunk: Buffer): Iterable<{ readonly stream: number; readonly payload: Buffer }> {
    const data = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    let start = 0;
    while (data.length >= start + HEADER) {
      const end = start + HEADER + data.readUInt32BE(start + 4);
      if (data.length < end) break;
      yield { stream: data[start] ?? 0, payload: data.subarray(start + HEADER, end) };
      start = end;
    }
    // A copy, since a slice would keep the whole chunk in memory.
    this.pending = Buffer.from(data.subarray(start));
  }
}

/** The number of the stream for errors. */
export const STDERR = 2;

/** The exit of a container's process. */
export interface Exit {
  readonly status: number;
  /** As the engine reports it. A busy one misses some (measured: 5 of 80), and there is no other source. */
  readonly outOfMemory: boolean;
}

const RETRY = 1000;
/** The status of a killed process, assumed for a container that was removed from outside. */
const KILLED = 137;

/** Resolves when a started container has stopped, even across a restart of the engine; rejects by signal. */
export async function exitOf(container: Docker.Container, signal?: AbortSignal): Promise<Exit> {
  for (;;) {
    try {
      await container.wait({ abortSignal: signal });
      const { State: state } = await container.inspect();
      if (!state.Running) return { status: state.ExitCode, outOfMemory: state.OOMKilled };
    } catch (error) {
      signal?.throwIfAborted();
      if (statusCode(error) === 404) return { status: KILLED, outOfMemory: false };
      await sleep(RETRY);
    }
  }
}

/** Sends a signal. Has no effect on a stopped container. */
export async function signalContainer(container: Docker.Container, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  try {
    await container.kill({ signal });
  } catch (error) {
    if (statusCode(error) !== 404 && statusCode(error) !== 409) throw error;
  }
}

export interface FileEntry {
  /** The path relative to the folder it is unpacked in; a folder's name ends in `/`. */
  readonly name: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
}

export async function putFiles(
  container: Docker.Container,
  folder: string,
  files: readonly FileEntry[],
): Promise<void> {
  const pack = tar.pack();
  for (const { name, content = '', mode, uid = 0 } of files) {
    const isFolder = name.endsWith('/');
    pack.entry(
      { name, type: isFolder ? 'directory' : 'file', mode: mode ?? (isFolder ? 0o755 : 0o644), uid, gid: uid },
      content,
    );
  }
  pack.finalize();
  await container.putArchive(await buffer(pack), { path: folder });
}

/** A file of a container, or undefined if there is none. */
export async function readContainerFile(container: Docker.Container, path: string): Promise<Buffer | undefined> {
  const archive = await found(container.getArchive({ path }));
  if (!archive) return undefined;
  const extract = archive.pipe(tar.extract());
  let content: Buffer | undefined;
  for await (const entry of extract) {
    if (entry.header.type === 'file') content = await buffer(entry);
    else entry.resume();
  }
  return content;
}
