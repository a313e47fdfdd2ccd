import { ask } from '../testing/system';
import type { App, Place } from './place';

const PORT = 8080;

/**
 * Tries to connect until the expected result, and answers with the time of it. It waits a millisecond between attempts,
 * since it would otherwise use one of the cores that the change itself needs.
 */
const WATCHER = `
const { createServer } = require('node:http');
const { connect } = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const attempt = (host, port) => new Promise((resolve) => {
  const socket = connect({ host, port });
  const end = (result) => { socket.destroy(); resolve(result); };
  socket.on('connect', () => end('open')).on('error', () => end('closed'));
});
createServer(async (request, response) => {
  const { searchParams: query } = new URL(request.url, 'http://watcher');
  const [host, port, wanted] = ['host', 'port', 'wanted'].map((name) => query.get(name));
  if (host) while (await attempt(host, port) !== wanted) await sleep(1);
  response.end(String(performance.timeOrigin + performance.now()));
}).listen(${PORT});
`;

export const watcherProcess = { memory: '128M', command: `exec node -e '${WATCHER.replaceAll("'", '"')}'` };

/** Milliseconds from the request that changes a policy to the first packet that shows it, creating and deleting in turn. */
export async function policyEffect(place: Place, watcher: App, server: App, rounds: number): Promise<number[]> {
  const [address = ''] = await place.addresses(server);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const opens = round % 2 === 0;
    const seen = watch(place, watcher, `/?host=${address}&port=${PORT}&wanted=${opens ? 'open' : 'closed'}`);
    // It is already trying when the change is requested.
    await watch(place, watcher, '/');
    const begun = performance.timeOrigin + performance.now();
    await place.policy(opens ? 'create' : 'delete', watcher, server, PORT);
    times.push((await seen) - begun);
  }
  return times;
}

async function watch({ ports }: Place, { host }: App, path: string): Promise<number> {
  return Number((await ask({ port: ports.router, path, headers: { host } })).body);
}
