import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';

/** The output of a command in a container. */
export async function execute(container: Docker.Container, command: readonly string[], user = 'root'): Promise<string> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, User: user });
  const stream = await exec.start({ hijack: true, stdin: false });
  const output = new PassThrough();
  (container.modem as Docker['modem']).demuxStream(stream, output, output);
  stream.once('end', () => output.end());
  return text(output);
}
