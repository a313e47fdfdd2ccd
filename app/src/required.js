/** @typedef {import('../types').Settings} Settings */

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

module.exports = { NotAsked, requiredS3, requiredProxy };
