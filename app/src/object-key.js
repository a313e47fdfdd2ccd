const { Buffer } = require('node:buffer');

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST = 1024;
const CONTROL = /\p{Cc}/u;

/**
 * Parses an object's key from the rest of a request's path.
 *
 * @param {string} path as received, percent-encoded
 * @returns {string | null} null if it can't be a key
 */
function parseKey(path) {
  let key;
  try {
    key = decodeURIComponent(path);
  } catch {
    return null;
  }
  if (key === '' || Buffer.byteLength(key) > LONGEST || CONTROL.test(key)) return null;
  // HTTP clients resolve these before they send a request, and would request a different object.
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) return null;
  return key;
}

module.exports = { parseKey };
