import { waitFor } from '@space-egress/foundation/testing';
import type { Demo } from './demo';

export interface LoadResult {
  readonly sent: number;
  readonly failed: number;
  /** How often each failure was seen. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds from the first failure to the last; undefined where nothing failed. */
  readonly outage?: number;
  /** Of the first that failed: when, since when, and where; undefined where nothing failed. */
  readonly details?: readonly string[];
}

export interface LoadOptions {
  /** Requests a second. */
  readonly rate: number;
  /** One connection for many requests, kept as Node.js itself does, or one for each. */
  readonly keepAlive: boolean;
  /** Plain HTTP, through the proxy. */
  readonly url: string;
  /**
   * Where the client is.
   *
   * @default egress-demo
   */
  readonly app?: string;
  /**
   * The proxy's address, with credentials where it asks for some.
   *
   * @default - the application's EGRESS_PROXY_URI
   */
  readonly proxy?: string;
}

/** Runs inside the application: a request each 1/rate s, without waiting for the one before, while there is its file. */
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
    // Later it would neither see all of the work nor that it is over.
    await waitFor(async () => (await has()) === 'yes', `the client in ${app} to send`);
    await work();
  } finally {
    await demo.inside(app, ['rm', '-f', running]);
  }
  const output = await client;
  return JSON.parse(output.slice(output.lastIndexOf('{"sent"'))) as LoadResult;
}
