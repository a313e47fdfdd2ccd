import type { Report, Row as ProbeRow } from '../../app/types';
import { Port } from '../../constructs/values/port';
import { type Account, CloudFoundry } from '../cloud-foundry';
import { BrokenOff, get } from './http';
import { type Cause, Inconclusive } from './inconclusive';
import { probeFrom, type Seen, type Target } from './probe-app';
import { BEHAVIOURS, type Row } from './result';

/** What is known about the local foundation, but not about a real one. */
interface LocalFacts {
  readonly account: Account;
  readonly org: string;
  readonly restrictedSpace: string;
  readonly proxyApp: string;
  readonly proxySpace: string;
  /** What no application may reach: gateways, the foundation itself, its registry. */
  readonly forbidden: readonly Target[];
}

export interface VerifyOptions {
  readonly appUrl: string;
  /** `http://HOST:PORT` of the proxy's internal route. */
  readonly proxyUrl: string;
  /** Objects of the bucket and their SHA-256; undefined if only the answer matters. */
  readonly objects: Readonly<Record<string, string | undefined>>;
  readonly local?: LocalFacts;
}

/** Checks everything that needs no new deployment. */
export async function verify(options: VerifyOptions): Promise<readonly Row[]> {
  const report = await egressReport(options.appUrl);
  const rows = [
    await page(options.appUrl),
    ...(await Promise.all(Object.entries(options.objects).map(([key, sha256]) => object(options.appUrl, key, sha256)))),
    ...rowsOf(report),
    await noPublicRoute(options),
    ...(options.local === undefined ? [] : await fromAnotherApplication(options, options.local)),
  ];
  return rows.sort((a, b) => a.number - b.number);
}

async function egressReport(appUrl: string): Promise<Report> {
  const answer = await get(new URL('/egress', appUrl).href);
  if (answer.status !== 200) {
    const because = `${appUrl}/egress answered ${answer.status}: ${answer.text.slice(0, 200).trim()}`;
    // The answer came from the router, not from the application.
    if (answer.headers['x-cf-routererror'] !== undefined) throw new Inconclusive('application does not run', because);
    throw new Error(because);
  }
  const report = reportIn(answer.text);
  if (report === undefined) {
    throw new Error(`${appUrl}/egress did not answer with the demo's report: check that --url is its address`);
  }
  if (report.problems.length > 0) {
    throw new Inconclusive('application cannot ask', `${appUrl}/egress says: ${report.problems.join('; ')}`);
  }
  return report;
}

function reportIn(text: string): Report | undefined {
  try {
    const report = JSON.parse(text) as Partial<Report> | null;
    return Array.isArray(report?.probes) && Array.isArray(report.problems) ? (report as Report) : undefined;
  } catch {
    return undefined;
  }
}

async function page(appUrl: string): Promise<Row> {
  const answer = await get(appUrl);
  const html = answer.headers['content-type']?.startsWith('text/html') ?? false;
  return {
    number: BEHAVIOURS.page,
    what: 'browser → app',
    way: 'public route',
    expected: '200, a page',
    seen: `${answer.status}, ${html ? 'a page' : (answer.headers['content-type'] ?? 'no content type')}`,
    milliseconds: answer.milliseconds,
    ok: answer.status === 200 && html,
  };
}

async function object(appUrl: string, key: string, sha256: string | undefined): Promise<Row> {
  const answer = await get(new URL(`/proxy/${key}`, appUrl).href).catch(brokenOff);
  const row = {
    number: BEHAVIOURS.objectThroughProxy,
    what: `browser → app → ${key}`,
    way: 'proxy' as const,
    expected: sha256 === undefined ? '200' : `200, sha256 ${sha256.slice(0, 8)}…`,
  };
  if (answer instanceof BrokenOff) {
    return {
      ...row,
      seen: `${answer.status}, broken off after ${answer.size} bytes`,
      milliseconds: answer.milliseconds,
      ok: false,
    };
  }
  const right = sha256 === undefined || answer.sha256 === sha256;
  const size = `${(answer.size / 1024).toLocaleString('en', { maximumFractionDigits: 0 })} KiB`;
  const body = right ? size : `${size} with sha256 ${answer.sha256.slice(0, 12)}…`;
  return {
    ...row,
    seen: answer.status === 200 ? `200, ${body}` : `${answer.status}: ${answer.text.slice(0, 120).trim()}`,
    milliseconds: answer.milliseconds,
    ok: answer.status === 200 && right,
  };
}

/** The application may pass on an incomplete answer: that is a result, and the other checks continue. */
function brokenOff(error: unknown): BrokenOff {
  if (error instanceof BrokenOff) return error;
  throw error;
}

/** Requests the internal route's host name on the domain of the public routes. */
async function noPublicRoute({ appUrl, proxyUrl }: VerifyOptions): Promise<Row> {
  const url = new URL(appUrl);
  const [host] = new URL(proxyUrl).hostname.split('.');
  url.hostname = [host, ...url.hostname.split('.').slice(1)].join('.');
  const answer = await get(url.href);
  const unknown = answer.headers['x-cf-routererror'];
  return {
    number: BEHAVIOURS.noPublicRoute,
    what: `browser → ${url.hostname}`,
    way: 'public route',
    expected: '404 from the router',
    seen: `${answer.status}${unknown === undefined ? ', not from the router' : ' from the router'}`,
    milliseconds: answer.milliseconds,
    ok: answer.status === 404 && unknown === 'unknown_route',
  };
}

/**
 * An application without a network policy, in the same closed space, tries the proxy, its neighbor and the platform.
 */
async function fromAnotherApplication(options: VerifyOptions, local: LocalFacts): Promise<readonly Row[]> {
  const cloud = await CloudFoundry.login(local.account);
  const [spaceGuid, proxySpaceGuid] = await Promise.all([
    cloud.spaceGuid(local.org, local.restrictedSpace),
    cloud.spaceGuid(local.org, local.proxySpace),
  ]);
  const proxy = await cloud.one(`/v3/apps?names=${local.proxyApp}&space_guids=${proxySpaceGuid}`);
  const neighbours = await addressesOf(cloud, spaceGuid);
  const { hostname: host, port } = new URL(options.proxyUrl);
  const toProxy = [Number(port), Port.TLS.first].map((one) => ({ host, port: one }));
  const targets = [...toProxy, ...neighbours, ...local.forbidden];
  const seen = await probeFrom(cloud, { spaceGuid, likeApp: proxy.guid }, targets);
  return seen.map((attempt) => rowOfAttempt(attempt, host));
}

export function rowOfAttempt({ host, port, attempt, ms }: Seen, proxy: string): Row {
  return {
    number: host === proxy ? BEHAVIOURS.otherApplication : BEHAVIOURS.noWayOut,
    what: `another app → ${host}:${port}`,
    way: 'direct',
    expected: 'refused',
    seen: attempt,
    milliseconds: ms,
    ok: attempt === 'refused',
    // No connection was tried, so this is not a leak.
    ...(attempt === 'no such name' && { inconclusive: 'resolver does not answer' }),
  };
}

async function addressesOf(cloud: CloudFoundry, spaceGuid: string): Promise<readonly Target[]> {
  const { resources: apps } = (await cloud.get(`/v3/apps?space_guids=${spaceGuid}`)) as unknown as {
    resources: readonly { guid: string }[];
  };
  const stats = await Promise.all(
    apps.map(async ({ guid }) => (await cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats),
  );
  return stats
    .flatMap(({ resources }) => resources)
    .filter(({ state }) => state === 'RUNNING')
    .map((instance) => ({ host: instance.instance_internal_ip, port: 8080 }));
}

interface Stats {
  readonly resources: readonly { readonly state: string; readonly instance_internal_ip: string }[];
}

export function rowsOf(report: Report): readonly Row[] {
  return report.probes.map((probe) => ({
    number: behaviourOf(probe),
    what: `app → ${probe.name}`,
    way: probe.way === 'proxy' ? 'proxy' : 'direct',
    expected: probe.expect,
    seen: probe.seen === 'reached' ? `reached, ${probe.detail}` : explain(probe),
    ...(probe.status !== null && { status: probe.status }),
    milliseconds: probe.milliseconds,
    ok: probe.ok,
    ...(probe.outcome === 'inconclusive' && { inconclusive: causeOf(probe) }),
  }));
}

/** An expected refusal needs no reason; everything else does. */
const explain = (probe: ProbeRow): string => (probe.ok ? probe.seen : `${probe.seen}: ${probe.detail}`);

const causeOf = ({ seen }: ProbeRow): Cause =>
  seen === 'not asked' ? 'application cannot ask' : 'resolver does not answer';

function behaviourOf(probe: ProbeRow): number {
  if (probe.kind === 'object') {
    return probe.way === 'proxy' ? BEHAVIOURS.objectThroughProxy : BEHAVIOURS.objectDirectly;
  }
  if (probe.way === 'direct') {
    return BEHAVIOURS.noWayOut;
  }
  if (probe.expect === 'reached') {
    return BEHAVIOURS.allowedSite;
  }
  const { hostname, port } = new URL(probe.target);
  if (port !== '') {
    return BEHAVIOURS.portNotListed;
  }
  return /^[\d.]+$/.test(hostname) || /^(private|metadata|loopback)\./.test(hostname)
    ? BEHAVIOURS.privateAddress
    : BEHAVIOURS.siteNotListed;
}
