const { NotAsked } = require('./settings');
const { ProxyAnswer } = require('./tunnel-agent');

/** @typedef {import('../types').Observation} Observation */
/** @typedef {import('../types').Outcome} Outcome */
/** @typedef {import('../types').Probe} Probe */
/** @typedef {import('../types').Row} Row */
/** @typedef {import('../types').Seen} Seen */

/** @type {Readonly<Record<string, Seen>>} */
const BY_CODE = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed out',
  ENOTFOUND: 'name not resolved',
  EAI_AGAIN: 'resolver does not answer',
};

/**
 * The target answered, with any status: a site that answers 404 was reached.
 *
 * @param {number} status
 * @param {string} [reason]
 * @returns {Observation}
 */
const reached = (status, reason = '') => ({ seen: 'reached', detail: `HTTP ${status} ${reason}`.trim(), status });

/**
 * @param {number} limit in milliseconds
 * @returns {Observation}
 */
const timedOut = (limit) => ({ seen: 'timed out', detail: `no answer within ${limit} ms`, status: null });

/**
 * What a request's error shows: whether the target was reached, and if not, why.
 *
 * @param {any} error from node:net, node:tls, the proxy's answer, or the AWS SDK
 * @returns {Observation}
 */
function observeError(error) {
  if (error instanceof NotAsked) return { seen: 'not asked', detail: error.message, status: null };
  if (error instanceof ProxyAnswer) {
    const seen = error.refused ? 'refused by proxy' : 'failed';
    return { seen, detail: error.message, status: error.status };
  }
  // The SDK reports an answer from S3 as an error with a status, and a failed connection as an error without one.
  const status = error.$metadata?.httpStatusCode;
  if (status !== undefined) return reached(status, error.name);
  const seen = BY_CODE[error.code] ?? (error.name === 'TimeoutError' && !error.code ? 'timed out' : 'failed');
  return { seen, detail: describe(error), status: null };
}

/**
 * For a name with several addresses, Node.js throws an AggregateError without a message.
 *
 * @param {any} error
 * @returns {string} one line
 */
function describe(error) {
  const messages = Array.isArray(error.errors)
    ? error.errors.map(describe)
    : [error.message || error.code || error.name];
  return messages.join('; ').replace(/\s+/g, ' ');
}

/**
 * What to do about an attempt that shows nothing about the system.
 *
 * @type {Readonly<Partial<Record<Seen, string>>>}
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

module.exports = { reached, timedOut, observeError, describe, judge, outcomeOfAll };
