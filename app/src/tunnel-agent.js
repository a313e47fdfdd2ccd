const { Buffer } = require('node:buffer');
const http = require('node:http');
const https = require('node:https');
const { isIPv6 } = require('node:net');

const REFUSALS = [403, 407];

/**
 * The meaning of squid's error pages. A refused tunnel gets a 407, like a client without credentials: only the page
 * distinguishes them.
 *
 * @type {Readonly<Record<string, { says: string, refused?: boolean }>>}
 */
const REASONS = {
  ERR_NOT_LISTED: { says: 'not on the allowlist' },
  ERR_ENDED: { says: 'no longer on the allowlist' },
  ERR_PRIVATE_ADDRESS: { says: 'leads to an address that is not open' },
  ERR_METHOD: { says: 'not a method or scheme for this proxy' },
  ERR_NAME: { says: 'its name does not resolve', refused: false },
  ERR_CACHE_ACCESS_DENIED: { says: "the client's credentials are wrong or missing", refused: false },
};

/** The proxy's own answer to a request that it didn't forward. */
class ProxyAnswer extends Error {
  /** @param {import('node:http').IncomingMessage} response */
  constructor(response) {
    const squidError = String(response.headers['x-squid-error'] ?? response.statusMessage);
    const { says = squidError, refused = true } = REASONS[/ERR_\w+/.exec(squidError)?.[0] ?? ''] ?? {};
    super(`the proxy answered ${response.statusCode} (${says})`);
    this.name = 'ProxyAnswer';
    this.status = Number(response.statusCode);
    /** Whether the proxy refused the request because of its rules. */
    this.refused = refused && REFUSALS.includes(this.status);
  }
}

/**
 * An HTTPS agent that connects through an HTTP proxy (CONNECT), for `https.request` and the AWS SDK, with or without
 * keep-alive. The published agents reduce the proxy's answer to CONNECT to a status or a failed connection, but the
 * demo must show that answer.
 */
class TunnelAgent extends https.Agent {
  #proxy;
  #connectTimeout;

  /** @param {import('node:https').AgentOptions & { proxy: URL, connectTimeout: number }} options */
  constructor({ proxy, connectTimeout, ...options }) {
    super(options);
    this.#proxy = proxy;
    this.#connectTimeout = connectTimeout;
  }

  /**
   * @override
   * @param {import('node:https').RequestOptions} options
   * @param {(error: Error | null, socket?: any) => void} callback
   * @returns {undefined} the callback gets the connection later
   */
  createConnection(options, callback) {
    const authority = `${isIPv6(options.host ?? '') ? `[${options.host}]` : options.host}:${options.port}`;
    openTunnel(this.#proxy, authority, this.#connectTimeout).then(
      (socket) => callback(null, super.createConnection(/** @type {https.RequestOptions} */ ({ ...options, socket }))),
      (error) => callback(error),
    );
  }
}

/**
 * @param {URL} proxy
 * @param {string} authority
 * @param {number} timeout
 * @returns {Promise<import('node:net').Socket>}
 */
function openTunnel(proxy, authority, timeout) {
  return new Promise((resolve, reject) => {
    const request = ask(proxy, {
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      timeout,
    });
    request.once('connect', (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new ProxyAnswer(response));
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(/** @type {import('node:net').Socket} */ (socket));
    });
    request.once('timeout', () => {
      request.destroy(Object.assign(new Error(`no answer from the proxy in ${timeout} ms`), { code: 'ETIMEDOUT' }));
    });
    request.once('error', reject);
    request.end();
  });
}

/**
 * A request to the proxy, on a new connection, over TLS if the proxy's address begins with `https:`.
 *
 * @param {URL} proxy
 * @param {http.RequestOptions} options
 */
function ask(proxy, { headers, ...options }) {
  const tls = proxy.protocol === 'https:';
  return (tls ? https : http).request({
    ...options,
    headers: { ...headers, ...authorization(proxy) },
    host: proxy.hostname,
    port: proxy.port || (tls ? 443 : 80),
    agent: false,
    // Otherwise, Node.js would use the Host header, which names the target.
    ...(tls && { servername: proxy.hostname }),
  });
}

/**
 * @param {URL} proxy
 * @returns {Record<string, string>}
 */
function authorization({ username, password }) {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

module.exports = { TunnelAgent, ProxyAnswer, ask };
