const { parseProbes } = require('./probes');
const { readProxySettings } = require('./proxy-settings');
const { findService } = require('./service');

/**
 * Reads all settings from the environment. A missing or invalid one doesn't stop the application. The page shows it as
 * a problem, because that is where people look.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {import('../types').Settings}
 */
function readSettings(env) {
  /** @type {string[]} */
  const problems = [];
  /**
   * @template T
   * @param {() => T} read
   * @param {T} otherwise
   */
  const attempt = (read, otherwise) => {
    try {
      return read();
    } catch (error) {
      problems.push(/** @type {Error} */ (error).message);
      return otherwise;
    }
  };
  const s3Service = env.EGRESS_S3_SERVICE || 'egress-test-s3';
  return {
    port: Number(env.PORT ?? 8080),
    app: attempt(() => readIdentity(env), { name: null, space: null, organization: null, instance: null }),
    posture: env.EGRESS_POSTURE || null,
    proxy: attempt(() => readProxySettings(env), { http: null, https: null, noProxy: [] }),
    s3Service,
    s3: attempt(() => findService(env.VCAP_SERVICES ?? '{}', s3Service), null),
    probes: attempt(() => parseProbes(env.EGRESS_PROBES), []),
    problems,
  };
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {import('../types').Identity}
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-APPLICATION
 */
function readIdentity(env) {
  const application = parseObject('VCAP_APPLICATION', env.VCAP_APPLICATION ?? '{}');
  const text = (/** @type {string} */ field) => (typeof application[field] === 'string' ? application[field] : null);
  return {
    name: text('application_name'),
    space: text('space_name'),
    organization: text('organization_name'),
    instance: /^\d+$/.test(env.CF_INSTANCE_INDEX ?? '') ? Number(env.CF_INSTANCE_INDEX) : null,
  };
}

/**
 * @param {string} variable
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
function parseObject(variable, text) {
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // Reported below, because the parser's own message would quote the value.
  }
  throw new Error(`${variable} is not a JSON object: the platform sets it, leave it alone`);
}

module.exports = { readSettings };
