// Engines are looked for before tests are loaded, so that those of a missing one are skipped, and counted as skipped.
require('tsx/cjs');
const { ENGINE_NAMES, findEngine } = require('../../tools/engine');

module.exports = async () => {
  const found = await Promise.all(ENGINE_NAMES.map((name) => findEngine(name)));
  process.env.ENGINES_FOUND = ENGINE_NAMES.filter((_, index) => found[index] !== undefined).join(' ');
};
