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

module.exports = { readProxySettings, bypasses };
