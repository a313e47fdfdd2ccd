const { createServer } = require('./src/app');
const { readSettings } = require('./src/settings');
const { stop } = require('./src/stop');

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
