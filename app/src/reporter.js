/* global AbortSignal */
const http = require('node:http');
const https = require('node:https');
const { performance } = require('node:perf_hooks');
const { setTimeout } = require('node:timers');
const { Bucket, bucketHost, tlsOptions } = require('./bucket');
const { judge, observeError, outcomeOfAll, reached, timedOut } = require('./outcome');
const { requiredProxy, requiredS3 } = require('./settings');
const { ProxyAnswer, TunnelAgent, ask } = require('./tunnel-agent');

/** @typedef {import('../types').Observation} Observation */
/** @typedef {import('../types').ObjectProbe} ObjectProbe */
/** @typedef {import('../types').Probe} Probe */
/** @typedef {import('../types').Report} Report */
/** @typedef {import('../types').Row} Row */
/** @typedef {import('../types').S3Credentials} S3Credentials */
/** @typedef {import('../types').Settings} Settings */
/** @typedef {import('../types').UrlProbe} UrlProbe */

/** The time limit for one probe, in milliseconds. */
const LIMIT = 3000;
/** How long a report is reused, in milliseconds, so that reloading the page sends nothing to the targets. */
const KEPT = 2000;

/**
 * @param {Settings} settings
 * @returns {() => Promise<Report>} a new report, the one in progress, or a recent one
 */
function createReporter(settings) {
  /** @type {Promise<Report> | null} */
  let current = null;
  return () => {
    current ??= makeReport(settings).finally(() => {
      setTimeout(() => {
        current = null;
      }, KEPT).unref();
    });
    return current;
  };
}

/**
 * @param {Settings} settings
 * @returns {Promise<Report>}
 */
async function makeReport(settings) {
  const { app, posture, proxy, problems } = settings;
  const at = new Date().toISOString();
  const probes = await Promise.all(settings.probes.map((probe) => runProbe(settings, probe)));
  const outcome = outcomeOfAll(problems, probes);
  const ok = outcome === 'as expected';
  return { app, posture, proxy: proxy.https?.origin ?? null, ok, outcome, problems, at, probes };
}

/**
 * @param {Settings} settings
 * @param {Probe} probe
 * @returns {Promise<Row>}
 */
async function runProbe(settings, probe) {
  const started = performance.now();
  const observation = await observe(settings, probe);
  return {
    name: probe.name,
    kind: 'url' in probe ? 'site' : 'object',
    target: 'url' in probe ? probe.url : objectAddress(settings.s3, probe.s3),
    way: probe.way,
    expect: probe.expect,
    ...observation,
    ...judge(probe, observation),
    milliseconds: Math.round(performance.now() - started),
  };
}

/**
 * @param {Settings} settings
 * @param {Probe} probe
 * @returns {Promise<Observation>}
 */
async function observe(settings, probe) {
  const signal = AbortSignal.timeout(LIMIT);
  // Aborting a request that waits for its tunnel doesn't end it, so passing the signal on isn't enough.
  const limit = new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  try {
    const asked = 'url' in probe ? askSite(settings, probe, signal) : askBucket(settings, probe, signal);
    return await Promise.race([asked, limit]);
  } catch (error) {
    return signal.aborted ? timedOut(LIMIT) : observeError(error);
  }
}

/**
 * @param {Settings} settings
 * @param {UrlProbe} probe
 * @param {AbortSignal} signal
 * @returns {Promise<Observation>}
 */
async function askSite(settings, probe, signal) {
  const url = new URL(probe.url);
  const proxy = probe.way === 'direct' ? null : requiredProxy(settings, url.protocol);
  return new Promise((resolve, reject) => {
    const request = send(url, proxy, signal);
    request.once('error', reject);
    request.once('response', (response) => {
      // Nobody reads the body, and only this probe uses the connection.
      response.destroy();
      if (proxy !== null && url.protocol === 'http:' && isFromProxy(response)) reject(new ProxyAnswer(response));
      else resolve(reached(Number(response.statusCode), response.statusMessage));
    });
    request.end();
  });
}

/**
 * A request on a new connection: a kept one would show the rules at the time it was opened.
 *
 * @param {URL} url
 * @param {URL | null} proxy
 * @param {AbortSignal} signal
 */
function send(url, proxy, signal) {
  const headers = { host: url.host, 'user-agent': 'egress-demo' };
  if (url.protocol === 'https:') {
    const agent = proxy === null ? false : new TunnelAgent({ proxy, connectTimeout: LIMIT });
    return https.request(url, { agent, headers, signal });
  }
  if (proxy === null) return http.request(url, { agent: false, headers, signal });
  const path = `${url.origin}${url.pathname}${url.search}`;
  return ask(proxy, { path, headers, signal });
}

/**
 * With plain HTTP, an answer can come from the site or from the proxy. Squid marks its own answers, and 407 always
 * comes from a proxy.
 *
 * @param {import('node:http').IncomingMessage} response
 */
const isFromProxy = ({ headers, statusCode }) => 'x-squid-error' in headers || statusCode === 407;

/**
 * @param {Settings} settings
 * @param {ObjectProbe} probe
 * @param {AbortSignal} signal
 * @returns {Promise<Observation>}
 */
async function askBucket(settings, probe, signal) {
  const credentials = requiredS3(settings);
  const tls = tlsOptions(credentials);
  const agent =
    probe.way === 'direct'
      ? new https.Agent(tls)
      : new TunnelAgent({ ...tls, proxy: requiredProxy(settings, 'https:'), connectTimeout: LIMIT });
  const bucket = new Bucket(credentials, { agent, connectTimeout: LIMIT, attempts: 1 });
  try {
    const { body } = await bucket.open(probe.s3, signal);
    body.destroy();
    return reached(200, 'OK');
  } finally {
    bucket.close();
  }
}

/**
 * @param {S3Credentials | null} s3
 * @param {string} key
 */
const objectAddress = (s3, key) => (s3 === null ? `s3: ${key}` : `https://${bucketHost(s3)}/${key}`);

module.exports = { createReporter };
