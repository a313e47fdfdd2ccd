const { setTimeout } = require('node:timers');
const { outcomeOfAll } = require('./outcome');
const { runProbe } = require('./prober');

/** @typedef {import('../types').Report} Report */
/** @typedef {import('../types').Settings} Settings */

/** How long a report is reused, in milliseconds, so that reloading the page sends nothing to the targets. */
const KEPT = 2000;

/**
 * @param {Settings} settings
 * @returns {() => Promise<Report>} a new report, the one in progress, or a recent one
 */
function createReporter(settings) {
  /** @type {Promise<Report> | null} */
  let current = null;
  return () => {
    current ??= makeReport(settings).finally(() => {
      setTimeout(() => {
        current = null;
      }, KEPT).unref();
    });
    return current;
  };
}

/**
 * @param {Settings} settings
 * @returns {Promise<Report>}
 */
async function makeReport(settings) {
  const { app, posture, proxy, problems } = settings;
  const at = new Date().toISOString();
  const probes = await Promise.all(settings.probes.map((probe) => runProbe(settings, probe)));
  const outcome = outcomeOfAll(problems, probes);
  const ok = outcome === 'as expected';
  return { app, posture, proxy: proxy.https?.origin ?? null, ok, outcome, problems, at, probes };
}

module.exports = { createReporter };
