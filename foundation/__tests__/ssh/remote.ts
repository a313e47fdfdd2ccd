import type { RemoteProcess, RemoteStream } from '../../src/cell/cell';

/** The output of both streams together. */
export async function received({ output }: RemoteStream): Promise<string> {
  let text = '';
  for await (const { data } of output) text += data.toString('utf8');
  return text;
}

/** The output and the exit status. */
export async function result(remote: RemoteProcess, input = ''): Promise<{ text: string; status: number }> {
  remote.input.end(input);
  const text = await received(remote);
  return { text, status: await remote.status() };
}
