const { setTimeout, setInterval, clearInterval, clearTimeout } = require('node:timers');
const { setTimeout: delay } = require('node:timers/promises');
const { createServer } = require('./src/app');
const { readSettings } = require('./src/settings');

/** After the signal, in milliseconds. */
const ACCEPTS = 2000;
const LIMIT = 9000;

const settings = readSettings(process.env);
const server = createServer(settings, console.log);

server.listen(settings.port, () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on ${address.port}`);
  for (const problem of settings.problems) console.log(`problem: ${problem}`);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    console.log(`${signal}: no new connections in a moment, requests in progress may finish`);
    void stop(server).then(() => process.exit(0));
  });
}

/**
 * Stops a server without losing a request. The platform sends SIGTERM first and removes the instance from routing a
 * moment later, so the server keeps accepting for a while and tells clients not to reuse their connections. Then it
 * closes. Later it ends the remaining connections, because the platform kills the process after 10 seconds.
 *
 * @param {import('node:http').Server} server
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-lifecycle.html#shutdown
 */
async function stop(server) {
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  await delay(ACCEPTS);
  // A connection that was busy when the server closed becomes idle later, and would then wait for another request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), LIMIT - ACCEPTS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(idle);
  clearTimeout(late);
}
