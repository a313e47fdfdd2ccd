const { Buffer } = require('node:buffer');
const http = require('node:http');
const { performance } = require('node:perf_hooks');
const { Files, parseKey } = require('./files');
const { describe } = require('./outcome');
const { renderPage, PAGE_POLICY } = require('./page');
const { createReporter } = require('./reporter');

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('../types').Settings} Settings */

/**
 * The platform's router keeps idle connections for 90 s. The side that closes first can lose requests, so wait longer.
 */
const KEEP_ALIVE = 95_000;

/**
 * The application as a server that doesn't listen yet.
 *
 * @param {Settings} settings
 * @param {(line: string) => void} log
 */
function createServer(settings, log) {
  const files = new Files(settings);
  const report = createReporter(settings);
  const keys = [...new Set(settings.probes.flatMap((probe) => ('s3' in probe ? probe.s3 : [])))];

  /** @type {readonly [RegExp, (response: ServerResponse, rest: string) => Promise<string>][]} */
  const routes = [
    [/^\/$/, async (response) => sendPage(response, renderPage(await report(), keys))],
    [/^\/egress$/, async (response) => sendText(response, 200, 'application/json', JSON.stringify(await report()))],
    [/^\/healthz$/, async (response) => sendText(response, 200, 'text/plain', 'ok\n')],
    [/^\/proxy\/(.*)$/, (response, rest) => sendFile(response, rest, files.wayOfEnvironment())],
    [/^\/noproxy\/(.*)$/, (response, rest) => sendFile(response, rest, 'direct')],
  ];

  /**
   * @param {ServerResponse} response
   * @param {string} rest
   * @param {import('../types').Way} way
   */
  async function sendFile(response, rest, way) {
    const key = parseKey(rest);
    if (key === null) return sendText(response, 400, 'text/plain', 'that is not the name of an object\n');
    return files.send(key, way, response);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {ServerResponse} response
   */
  async function answer(method, path, response) {
    for (const [pattern, handle] of routes) {
      const match = pattern.exec(path);
      if (match === null) continue;
      if (method === 'GET' || method === 'HEAD') return handle(response, match[1] ?? '');
      response.setHeader('Allow', 'GET, HEAD');
      return sendText(response, 405, 'text/plain', 'only GET and HEAD are answered here\n');
    }
    return sendText(
      response,
      404,
      'text/plain',
      'nothing here: try /, /egress, /proxy/KEY, /noproxy/KEY or /healthz\n',
    );
  }

  const server = http.createServer((request, response) => {
    const started = performance.now();
    const method = request.method ?? '';
    // Without the query, which can contain things that don't belong in a log.
    const [path = ''] = (request.url ?? '').split('?', 1);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    answer(method, path, response)
      .catch((error) => {
        if (response.headersSent) response.destroy();
        else sendText(response, 500, 'text/plain', 'something is wrong with this application: see its log\n');
        return describe(error);
      })
      .then((note) => {
        const milliseconds = Math.round(performance.now() - started);
        log([method, path, response.statusCode, `${milliseconds}ms`, note].filter((part) => part !== '').join(' '));
      });
  });
  server.keepAliveTimeout = KEEP_ALIVE;
  server.once('close', () => files.close());
  return server;
}

/**
 * @param {ServerResponse} response
 * @param {string} page
 */
function sendPage(response, page) {
  response.setHeader('Content-Security-Policy', PAGE_POLICY);
  response.setHeader('Referrer-Policy', 'no-referrer');
  return sendText(response, 200, 'text/html', page);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} type
 * @param {string} text
 * @returns {string} no note for the log
 */
function sendText(response, status, type, text) {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
  return '';
}

module.exports = { createServer };
