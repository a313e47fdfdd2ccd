const REQUIRED = ['access_key_id', 'secret_access_key', 'region', 'bucket', 'endpoint'];

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
  const credentials = parse(vcapServices).find((service) => service?.name === name)?.credentials;
  if (credentials === undefined) return null;
  // Never the values, because the page shows this text.
  const missing = REQUIRED.filter((field) => typeof credentials?.[field] !== 'string' || credentials[field] === '');
  if (missing.length > 0) throw new Error(`service "${name}" lacks ${missing.join(', ')} in its credentials`);
  return credentials;
}

/**
 * @param {string} vcapServices
 * @returns {any[]}
 */
function parse(vcapServices) {
  try {
    return Object.values(JSON.parse(vcapServices)).flat();
  } catch {
    throw new Error('VCAP_SERVICES is not a JSON object: the platform sets it, leave it alone');
  }
}

module.exports = { findService };
