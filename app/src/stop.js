const { setTimeout, setInterval, clearInterval, clearTimeout } = require('node:timers');
const { setTimeout: delay } = require('node:timers/promises');

/**
 * Stops a server without losing a request. The platform sends SIGTERM first and removes the instance from routing a
 * moment later, so the server keeps accepting for `drain` milliseconds and tells clients not to reuse their
 * connections. Then it closes. After `limit`, it ends the remaining connections, because the platform kills the process
 * after 10 seconds.
 *
 * @param {import('node:http').Server} server
 * @param {{ drain: number, limit: number }} times in milliseconds from now
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#shutdown
 */
async function stop(server, { drain, limit } = { drain: 2000, limit: 9000 }) {
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  await delay(drain);
  // A connection that was busy when the server closed becomes idle later, and would then wait for another request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), limit - drain);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idle);
  clearTimeout(late);
}

module.exports = { stop };
