import * as http from 'node:http';
import { waitFor } from '@space-egress/foundation/testing';
import type { Demo } from './demo';

export interface LoadResult {
  readonly sent: number;
  readonly failed: number;
  /** How often each failure occurred. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds from the first failure to the last; undefined if nothing failed. */
  readonly outage?: number;
  /** About the first failures: when, since when, and where; undefined if nothing failed. */
  readonly details?: readonly string[];
}

interface LoadOptions {
  /** Requests per second. */
  readonly rate: number;
  /** Whether to reuse connections, as Node.js does by default, or to open one for each request. */
  readonly keepAlive: boolean;
  /** A plain HTTP URL, requested through the proxy. */
  readonly url: string;
  /**
   * The application in which the client runs.
   *
   * @default egress-demo
   */
  readonly app?: string;
  /**
   * The proxy's address, with credentials if it requires them.
   *
   * @default - the application's EGRESS_PROXY_URI
   */
  readonly proxy?: string;
}

/** Runs inside the application: sends a request every 1/rate s, without waiting for answers, while its file exists. */
const CLIENT = `
const http = require('node:http');
const fs = require('node:fs');
const [url, rate, keepAlive, running, uri] = process.argv.slice(1);
const proxy = new URL(uri || process.env.EGRESS_PROXY_URI);
const credentials = Buffer.from(proxy.username + ':' + proxy.password).toString('base64');
const headers = { host: new URL(url).host, ...(proxy.username && { 'proxy-authorization': 'Basic ' + credentials }) };
const agent = new http.Agent({ keepAlive: keepAlive === 'true', timeout: 5000, maxSockets: 64 });
const failures = {};
const details = [];
let sent = 0, open = 0, failed = 0, first = 0, last = 0;
const fail = (why, began, request, error) => {
  failed += 1; failures[why] = (failures[why] ?? 0) + 1;
  last = performance.now(); first ||= last;
  if (details.length === 5) return;
  const connection = (request.reusedSocket ? 'kept' : 'new') + ' connection to ' + (request.socket?.remoteAddress ?? '-');
  const errors = (error?.errors ?? [error]).map((one) => one?.message ?? '').join(', ');
  const at = new Date(Date.now() - Math.round(last - began)).toISOString().slice(11, -1);
  details.push([why, 'sent at ' + at, 'after ' + Math.round(last - began) + ' ms', connection, errors].join('; '));
};
const send = () => {
  sent += 1; open += 1;
  let over = false;
  const began = performance.now();
  const end = (why, error) => { if (!over) { over = true; open -= 1; if (why) fail(why, began, request, error); } };
  const request = http.get(
    { agent, host: proxy.hostname, port: proxy.port, path: url, headers, timeout: 5000 },
    (response) => {
      response.resume();
      response.on('end', () => end(response.statusCode === 200 ? '' : 'status ' + response.statusCode));
      response.on('error', (error) => end(error.code ?? error.message, error));
    },
  );
  request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
  request.on('error', (error) => end(error.code ?? error.message, error));
};
const timer = setInterval(() => {
  if (fs.existsSync(running)) { send(); return; }
  clearInterval(timer);
  const finish = setInterval(() => {
    if (open > 0) return;
    clearInterval(finish);
    const more = failed ? { outage: Math.round(last - first), details } : {};
    console.log(JSON.stringify({ sent, failed, failures, ...more }));
    process.exit();
  }, 20);
}, 1000 / Number(rate));
fs.writeFileSync(running, '');
`;

/** Keeps a client inside an application busy while `work` runs, and counts what it lost. */
export async function underLoad(demo: Demo, options: LoadOptions, work: () => Promise<unknown>): Promise<LoadResult> {
  const { app = 'egress-demo', proxy = '' } = options;
  const running = '/home/vcap/tmp/load-runs';
  const node = (await demo.inside(app, ['find', '/home/vcap/deps', '-name', 'node', '-type', 'f'])).split(/\s/)[0];
  const args = [options.url, String(options.rate), String(options.keepAlive), running, proxy];
  const has = (): Promise<string> => demo.inside(app, ['bash', '-c', `[ ! -e ${running} ] || echo yes`]);
  await demo.inside(app, ['rm', '-f', running]);
  const client = demo.inside(app, [node ?? 'node', '-e', CLIENT, ...args]);
  try {
    // If the client started later, it would miss a part of the work, and wouldn't notice the end.
    await waitFor(async () => (await has()) === 'yes', `the client in ${app} to send`);
    await work();
  } finally {
    await demo.inside(app, ['rm', '-f', running]);
  }
  const output = await client;
  return JSON.parse(output.slice(output.lastIndexOf('{"sent"'))) as LoadResult;
}

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
