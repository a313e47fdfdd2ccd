import type { Application } from '../../review/model/facts';
import type { Model } from '../../review/model/model';
import type { Answer } from '../../review/model/reach';
import { BEHAVIOURS } from './result';
import type { Question } from './task-script';

/** A question with the model's answer, once the address of the host is known. */
export interface Asked extends Question {
  readonly number: number;
  readonly expected: (address: number | undefined) => Answer;
}

export interface Host {
  readonly host: string;
  readonly port: number;
}

/** A public host that exists, the metadata service of most clouds, and an arbitrary private address. */
const SAMPLES: readonly Host[] = [
  { host: 'www.example.com', port: 443 },
  { host: 'www.example.com', port: 80 },
  { host: '169.254.169.254', port: 80 },
  { host: '10.0.0.1', port: 443 },
];
const DEFAULT_PORT = 8080;
/** How many of a proxy's hosts are tried, so that a long list doesn't take long. */
const LISTED = 6;
/** A port that nobody lists for a host and that answers on the local foundation. */
const OTHER_PORT = 8443;
const OTHER_HOST = 'www.example.net';

/** What to try from inside an application: what the model says is open, and what must not be. */
export function questionsFor(model: Model, application: Application, more: readonly Host[]): readonly Asked[] {
  const proxy = proxyOf(model, application);
  return [
    ...[...SAMPLES, ...more].map((host) => directly(model, application, host)),
    ...neighbours(model, application),
    ...forwarded(model, application).filter(
      (one) => !more.some(({ host, port }) => host === one.host && port === one.port),
    ),
    ...(proxy === undefined ? [] : [...proxied(model, application, proxy), ...more.map(through)]),
  ];

  function through(host: Host): Asked {
    return throughProxy(model, application, proxy ?? '', host, BEHAVIOURS.allowedSite);
  }
}

function directly(model: Model, { id }: Application, { host, port }: Host): Asked {
  const open = (address: number | undefined): Answer =>
    address === undefined ? 'unknown' : model.direct(id, 'tcp', address, port);
  return { way: 'direct', host, port, number: BEHAVIOURS.noWayOut, expected: open };
}

/**
 * Every application with an internal name: on the ports of the policies that lead to it, otherwise on the default port;
 * a proxy on all of its ports, because a policy for TLS must not open its plain port.
 */
function neighbours(model: Model, { id }: Application): Asked[] {
  const inside = model.routes.filter(({ internal }) => internal === 'yes');
  const all = inside.flatMap(({ url, applications }) =>
    applications
      .filter((other) => other !== id)
      .flatMap((other) => {
        const ports = model
          .policiesFrom(id)
          .filter(({ destination, protocol }) => destination === other && protocol === 'tcp')
          .flatMap((policy) => policy.ports.ranges.slice(0, 1).map(([first]) => first));
        const own = model.proxies.portsOf(other).ranges.flatMap(([first, last]) => (first === last ? [first] : []));
        const all = new Set([...own, ...ports]);
        return [...(all.size === 0 ? [DEFAULT_PORT] : all)].map((port): Asked => {
          const expected = model.connects(id, other, 'tcp', port);
          const [host = ''] = url.split('/');
          return { way: 'direct', host, port, number: BEHAVIOURS.otherApplication, expected: () => expected };
        });
      }),
  );
  return [...new Map(all.map((asked) => [`${asked.host}:${asked.port}`, asked])).values()];
}

/** A forwarder's destination without the forwarder: it must not be reachable directly as well. */
function forwarded(model: Model, application: Application): Asked[] {
  const forwards = [...model.proxies.of(application.id).keys()].filter((id) => model.proxies.isForward(id));
  const hosts = forwards.flatMap((id) =>
    model.proxies
      .through(id)
      .names.parts()
      .map(({ pattern, ports: [port] }) => ({ host: pattern, port })),
  );
  return hosts.map((host) => directly(model, application, host));
}

/** The proxy in the application's own variables, or else one that a policy leads to. */
function proxyOf(model: Model, { id, environment }: Application): string | undefined {
  const uri = ['HTTPS_PROXY', 'https_proxy', 'EGRESS_PROXY_URI'].map((name) => environment.get(name)).find(isText);
  const host = uri === undefined || !URL.canParse(uri) ? undefined : new URL(uri).hostname;
  const named = model.routes.find(({ url }) => url === host)?.applications[0];
  return named ?? [...model.proxies.of(id).keys()].find((each) => !model.proxies.isForward(each));
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function proxied(model: Model, application: Application, proxy: string): Asked[] {
  const { names } = model.proxies.through(proxy, application.id);
  const listed = names
    .parts()
    .filter(({ pattern }) => !pattern.startsWith('.'))
    .map(({ pattern, ports: [first] }) => ({ host: pattern, port: first }))
    .slice(0, LISTED);
  const ask = (host: Host, number: number): Asked => throughProxy(model, application, proxy, host, number);
  const [first] = listed;
  return [
    ...listed.map((host) => ask(host, BEHAVIOURS.allowedSite)),
    ask({ host: OTHER_HOST, port: 443 }, BEHAVIOURS.siteNotListed),
    ...(first === undefined ? [] : [ask({ ...first, port: OTHER_PORT }, BEHAVIOURS.portNotListed)]),
    ask({ host: '169.254.169.254', port: 80 }, BEHAVIOURS.privateAddress),
  ];
}

function throughProxy(model: Model, { id }: Application, proxy: string, { host, port }: Host, number: number): Asked {
  const expected = (address: number | undefined): Answer => {
    if (address !== undefined) return model.reaches(id, proxy, host, port, address);
    const { names, unknown } = model.proxies.through(proxy, id);
    return !names.addresses(host, port).isEmpty || unknown.length > 0 ? 'unknown' : 'no';
  };
  return { way: 'proxy', host, port, number, expected };
}
