/** @typedef {import('../types').Observation} Observation */
/** @typedef {import('../types').Outcome} Outcome */
/** @typedef {import('../types').Probe} Probe */
/** @typedef {import('../types').Row} Row */

/**
 * What to do about an attempt that shows nothing about the system.
 *
 * @type {Readonly<Partial<Record<import('../types').Seen, string>>>}
 */
const REMEDIES = {
  'name not resolved': 'look at the name: it has no address, so nothing was asked',
  'resolver does not answer': 'check the DNS of the container: no request by name has left it',
  'not asked': "complete this application's environment, as its README says",
};

/**
 * A timeout isn't inconclusive: the request may have been let out, and nobody answered it.
 *
 * @param {Probe} probe
 * @param {Observation} observation
 * @returns {Pick<Row, 'ok' | 'outcome' | 'remedy'>}
 */
function judge({ way, expect }, { seen }) {
  if (seen === expect) return { ok: true, outcome: 'as expected', remedy: null };
  // If the proxy's name doesn't resolve, there is no proxy, which is a result.
  const remedy = way === 'proxy' && seen === 'name not resolved' ? undefined : REMEDIES[seen];
  if (remedy === undefined) return { ok: false, outcome: 'not as expected', remedy: null };
  return { ok: false, outcome: 'inconclusive', remedy };
}

/**
 * One unexpected row decides, even if other probes couldn't run. Without any row, the outcome is inconclusive.
 *
 * @param {readonly string[]} problems
 * @param {readonly Pick<Row, 'outcome'>[]} rows
 * @returns {Outcome}
 */
function outcomeOfAll(problems, rows) {
  const outcomes = rows.map(({ outcome }) => outcome);
  if (outcomes.includes('not as expected')) return 'not as expected';
  return problems.length > 0 || rows.length === 0 || outcomes.includes('inconclusive') ? 'inconclusive' : 'as expected';
}

module.exports = { judge, outcomeOfAll };
