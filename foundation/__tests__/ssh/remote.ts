import type { RemoteProcess, RemoteStream } from '../../src/cell/cell';

/** All that comes back, both streams in one. */
export async function received({ output }: RemoteStream): Promise<string> {
  let text = '';
  for await (const { data } of output) text += data.toString('utf8');
  return text;
}

/** What it prints, and how it ends. */
export async function result(remote: RemoteProcess, input = ''): Promise<{ text: string; status: number }> {
  remote.input.end(input);
  const text = await received(remote);
  return { text, status: await remote.status() };
}
