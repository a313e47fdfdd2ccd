/* global AbortController */
const { Buffer } = require('node:buffer');
const https = require('node:https');
const { pipeline } = require('node:stream/promises');
const { clearTimeout, setTimeout } = require('node:timers');
const { Bucket, bucketHost, tlsOptions } = require('./bucket');
const { observeError } = require('./outcome');
const { bypasses, requiredProxy, requiredS3 } = require('./settings');
const { TunnelAgent } = require('./tunnel-agent');

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('../types').Settings} Settings */
/** @typedef {import('../types').Way} Way */

/** The time limit for an object's headers, in milliseconds. There is none for its body. */
const HEADERS_LIMIT = 10_000;
/** Short, so that `/noproxy` answers within a second even if packets are dropped instead of refused. */
const DIRECT = { connectTimeout: 900, attempts: 1 };
/** If an instance of the proxy is stopping, the next attempt reaches another one. */
const PROXIED = { connectTimeout: 2500, attempts: 3 };

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST_KEY = 1024;
const CONTROL = /\p{Cc}/u;

/** Streams objects of the bound bucket to a client, without keeping them in memory. */
class Files {
  #settings;
  /** @type {Map<Way, Bucket>} */
  #buckets = new Map();

  /** @param {Settings} settings */
  constructor(settings) {
    this.#settings = settings;
  }

  /**
   * How a client that respects the proxy variables reaches the bucket.
   *
   * @returns {Way}
   */
  wayOfEnvironment() {
    const { s3, proxy } = this.#settings;
    return s3 !== null && bypasses(proxy.noProxy, new URL(`https://${bucketHost(s3)}`)) ? 'direct' : 'proxy';
  }

  /**
   * @param {string} key
   * @param {Way} way
   * @param {ServerResponse} response
   * @returns {Promise<string>} a note for the log
   */
  async send(key, way, response) {
    response.setHeader('X-Egress-Way', way);
    let object;
    try {
      object = await this.#open(key, way, response);
    } catch (error) {
      if (response.destroyed) return 'client gone';
      const [status, reason] = explain(key, /** @type {Error} */ (error));
      response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(`${reason}\n`);
      return reason;
    }

    response.writeHead(200, {
      'Content-Type': object.type,
      ...(object.length === undefined ? {} : { 'Content-Length': object.length }),
      ...(object.etag === undefined ? {} : { ETag: object.etag }),
      // An object in the bucket must never be treated as a page of this application.
      'Content-Security-Policy': 'sandbox',
    });
    if (response.req.method === 'HEAD') {
      object.body.destroy();
      response.end();
      return '';
    }
    try {
      await pipeline(object.body, response);
      return '';
    } catch (error) {
      return `broken off: ${/** @type {Error} */ (error).message}`;
    }
  }

  /**
   * Opens an object. Gives up if the client disconnects, or if S3 takes too long to begin its answer.
   *
   * @param {string} key
   * @param {Way} way
   * @param {ServerResponse} response
   */
  async #open(key, way, response) {
    const opening = new AbortController();
    const leave = () => opening.abort();
    response.once('close', leave);
    const limit = setTimeout(leave, HEADERS_LIMIT);
    try {
      return await this.#bucket(way).open(key, opening.signal);
    } catch (error) {
      if (!opening.signal.aborted) throw error;
      throw new Error(`no answer within ${HEADERS_LIMIT} ms`, { cause: error });
    } finally {
      clearTimeout(limit);
      response.off('close', leave);
    }
  }

  /** @param {Way} way */
  #bucket(way) {
    const known = this.#buckets.get(way);
    if (known !== undefined) return known;
    const made = this.#makeBucket(way);
    this.#buckets.set(way, made);
    return made;
  }

  /** @param {Way} way */
  #makeBucket(way) {
    const credentials = requiredS3(this.#settings);
    const tls = tlsOptions(credentials);
    // A kept connection survives a change of the space's rules: good for throughput, but it wouldn't show the rules.
    if (way === 'direct') return new Bucket(credentials, { ...DIRECT, agent: new https.Agent(tls) });
    const proxy = requiredProxy(this.#settings, 'https:');
    const { connectTimeout } = PROXIED;
    return new Bucket(credentials, {
      ...PROXIED,
      agent: new TunnelAgent({ ...tls, proxy, connectTimeout, keepAlive: true, maxFreeSockets: 8 }),
    });
  }

  close() {
    for (const bucket of this.#buckets.values()) bucket.close();
  }
}

/**
 * @param {string} key
 * @param {Error} error
 * @returns {[number, string]} status and reason
 */
function explain(key, error) {
  if (error.name === 'NoSuchKey') return [404, `the bucket holds no object "${key}"`];
  const { seen, detail } = observeError(error);
  return [502, seen === 'reached' ? `S3 answered ${detail}` : detail];
}

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
  if (key === '' || Buffer.byteLength(key) > LONGEST_KEY || CONTROL.test(key)) return null;
  // HTTP clients resolve these before they send a request, and would request a different object.
  if (key.split('/').some((segment) => segment === '.' || segment === '..')) return null;
  return key;
}

module.exports = { Files, parseKey };
