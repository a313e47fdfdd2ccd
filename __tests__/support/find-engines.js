// Finds the engines before tests are loaded, so that the tests of a missing engine count as skipped.
require('tsx/cjs');
const { ENGINE_NAMES, findEngine } = require('../../tools/engine');

module.exports = async () => {
  const found = await Promise.all(ENGINE_NAMES.map((name) => findEngine(name)));
  process.env.ENGINES_FOUND = ENGINE_NAMES.filter((_, index) => found[index] !== undefined).join(' ');
};
