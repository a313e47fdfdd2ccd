const { parseProbes } = require('./probes');

/** @typedef {import('../types').Settings} Settings */

const S3_FIELDS = ['access_key_id', 'secret_access_key', 'region', 'bucket', 'endpoint'];

/**
 * Reads all settings from the environment. A missing or invalid one doesn't stop the application. The page shows it as
 * a problem, because that is where people look.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Settings}
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

/**
 * Reads the proxy variables. Lower case takes precedence, as in curl and most libraries.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {import('../types').ProxySettings}
 */
function readProxySettings(env) {
  const read = (/** @type {string} */ name) => env[name.toLowerCase()] || env[name] || '';
  return {
    http: parseProxy('HTTP_PROXY', read('HTTP_PROXY')),
    https: parseProxy('HTTPS_PROXY', read('HTTPS_PROXY')),
    noProxy: read('NO_PROXY')
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== ''),
  };
}

/**
 * @param {string} variable
 * @param {string} text
 */
function parseProxy(variable, text) {
  if (text === '') return null;
  // The value can contain a password, so the message doesn't repeat it.
  if (!URL.canParse(text))
    throw new Error(`${variable} is not an address: write http://host:port or https://host:port`);
  const proxy = new URL(text);
  if (!['http:', 'https:'].includes(proxy.protocol))
    throw new Error(`${variable} begins with ${proxy.protocol}//: write http://host:port or https://host:port`);
  return proxy;
}

/**
 * Whether NO_PROXY includes a target: a host and everything below it, with or without a leading dot, optionally with a
 * port, or `*` for everything.
 *
 * @param {readonly string[]} noProxy
 * @param {URL} target
 */
function bypasses(noProxy, target) {
  const host = target.hostname.toLowerCase();
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return noProxy.some((entry) => {
    if (entry === '*') return true;
    const [, name = '', entryPort = port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    return name !== '' && entryPort === port && (host === name || host.endsWith(`.${name}`));
  });
}

/**
 * Finds a bound S3 service by its name, under any label: user-provided and brokered services have the same credentials
 * under different labels.
 *
 * @param {string} vcapServices
 * @param {string} name
 * @returns {import('../types').S3Credentials | null} null if no service with that name is bound
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES
 */
function findService(vcapServices, name) {
  const services = /** @type {any[]} */ (Object.values(parseObject('VCAP_SERVICES', vcapServices)).flat());
  const credentials = services.find((service) => service?.name === name)?.credentials;
  if (credentials === undefined) return null;
  // Never the values, because the page shows this text.
  const missing = S3_FIELDS.filter((field) => typeof credentials?.[field] !== 'string' || credentials[field] === '');
  if (missing.length > 0) throw new Error(`service "${name}" lacks ${missing.join(', ')} in its credentials`);
  return credentials;
}

/** A probe couldn't run because the environment lacks something. */
class NotAsked extends Error {}

/**
 * @param {Settings} settings
 * @returns {import('../types').S3Credentials}
 */
function requiredS3({ s3, s3Service }) {
  if (s3 === null) throw new NotAsked(`no service named "${s3Service}" is bound to this application`);
  return s3;
}

/**
 * @param {Settings} settings
 * @param {string} protocol of the target
 * @returns {URL}
 */
function requiredProxy({ proxy }, protocol) {
  const [variable, address] = protocol === 'http:' ? ['HTTP_PROXY', proxy.http] : ['HTTPS_PROXY', proxy.https];
  if (address === null) throw new NotAsked(`there is no proxy: ${variable} is not set`);
  return /** @type {URL} */ (address);
}

module.exports = { readSettings, bypasses, NotAsked, requiredS3, requiredProxy };
