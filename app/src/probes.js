const MOST = 32;
const WAYS = ['direct', 'proxy'];
const EXPECTATIONS = ['reached', 'refused', 'refused by proxy'];
const FIELDS = ['name', 'url', 's3', 'way', 'expect'];

/**
 * Parses EGRESS_PROBES. If one probe is invalid, all are refused, because nobody would notice a missing row in the
 * table.
 *
 * @param {string | undefined} text
 * @returns {readonly import('../types').Probe[]}
 */
function parseProbes(text) {
  if (!text) throw new Error('EGRESS_PROBES is not set: there is nothing to probe');
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new Error(`EGRESS_PROBES is ${kind(list)}: write a JSON array of probes`);
  if (list.length === 0) throw new Error('EGRESS_PROBES is empty: there is nothing to probe');
  if (list.length > MOST) throw new Error(`EGRESS_PROBES has ${list.length} probes: at most ${MOST} run at a time`);

  const names = new Set();
  list.forEach((probe, index) => {
    const fault = faultOf(probe) ?? (names.has(probe.name) ? `name "${probe.name}" is taken: make it unique` : null);
    if (fault) throw new Error(`EGRESS_PROBES, probe ${index + 1}: ${fault}`);
    names.add(probe.name);
  });
  return list;
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`EGRESS_PROBES is not JSON: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}

/**
 * @param {unknown} probe
 * @returns {string | null} what is wrong with it
 */
function faultOf(probe) {
  if (kind(probe) !== 'an object') return `is ${kind(probe)}: write an object with name, url or s3, way and expect`;
  const fields = /** @type {Record<string, unknown>} */ (probe);
  const unknown = Object.keys(fields).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return `unknown field "${unknown}": use ${FIELDS.join(', ')}`;
  const { name, url, s3, way, expect } = fields;
  if (typeof name !== 'string' || name === '') return `name is ${print(name)}: say in a few words what is probed`;
  if ((url === undefined) === (s3 === undefined)) return 'give either url or s3';
  if (url !== undefined && !isWebAddress(url)) return `url is ${print(url)}: write http://... or https://...`;
  if (s3 !== undefined && (typeof s3 !== 'string' || s3 === '')) return `s3 is ${print(s3)}: write an object's key`;
  if (!isOneOf(WAYS, way)) return `way is ${print(way)}: write one of ${WAYS.map(print).join(', ')}`;
  if (!isOneOf(EXPECTATIONS, expect)) {
    return `expect is ${print(expect)}: write one of ${EXPECTATIONS.map(print).join(', ')}`;
  }
  if (way === 'direct' && expect === 'refused by proxy') return "a direct probe can't be refused by the proxy";
  return null;
}

/** @param {unknown} value */
function isWebAddress(value) {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

/**
 * @param {readonly string[]} values
 * @param {unknown} value
 */
const isOneOf = (values, value) => typeof value === 'string' && values.includes(value);

/** @param {unknown} value */
const print = (value) => (value === undefined ? 'missing' : JSON.stringify(value));

/** @param {unknown} value */
function kind(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

module.exports = { parseProbes };
