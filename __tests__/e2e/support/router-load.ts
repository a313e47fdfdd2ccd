import * as http from 'node:http';
import type { LoadResult } from './load';

/** Keeps a client of the public route busy while `work` runs, over persistent connections, and counts its losses. */
export async function routerLoad(url: string, rate: number, work: () => Promise<unknown>): Promise<LoadResult> {
  const { hostname, port, pathname } = new URL(url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const failures: Record<string, number> = {};
  let first = 0;
  let last = 0;
  const fail = (why: string): void => {
    failures[why] = (failures[why] ?? 0) + 1;
    last = performance.now();
    first ||= last;
  };
  const open = new Set<Promise<void>>();
  let sent = 0;

  const send = (): Promise<void> =>
    new Promise((resolve) => {
      const end = (why?: string): void => {
        if (why !== undefined) fail(why);
        resolve();
      };
      const options = { agent, host: '127.0.0.1', port, path: pathname, headers: { host: hostname }, timeout: 5000 };
      const request = http.get(options, (response) => {
        response.resume();
        response.on('end', () => {
          end(response.statusCode === 200 ? undefined : `status ${response.statusCode ?? 0}`);
        });
        response.on('error', ({ message }) => {
          end(message);
        });
      });
      request.on('timeout', () => request.destroy(new Error('timed out')));
      request.on('error', ({ message }) => {
        end(message);
      });
    });

  const timer = setInterval(() => {
    sent += 1;
    const sending = send().finally(() => open.delete(sending));
    open.add(sending);
  }, 1000 / rate);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(open);
    agent.destroy();
  }
  const failed = Object.values(failures).reduce((total, count) => total + count, 0);
  return { sent, failed, failures, outage: failed === 0 ? undefined : Math.round(last - first) };
}
