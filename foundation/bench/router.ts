import type { App, Place } from './place';

/** The latency of requests at a constant rate, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface RouterFigures {
  readonly router: Figures;
  readonly nginx: Figures;
}

interface Figures {
  /** The maximum rate of requests. */
  readonly perSecond: number;
  /** At half of the router's maximum rate. */
  readonly half: Latency;
}

const CONNECTIONS = 32;
const SECONDS = 8;
const PEER_PORT = 9100;
/** The router, or nginx, has one core; backend and load share the other. */
const [CORE, OTHER_CORE] = [0, 1];

/** Time for the sender and its target to reach full speed. */
const WARM_UP_SECONDS = 2;

/** Requests per second through the router and through nginx, in turn, to the same instance, on the same core. */
export async function measureRouter(
  place: Place,
  image: string,
  backend: App,
  rounds: number,
): Promise<RouterFigures[]> {
  const [address = ''] = await place.addresses(backend);
  await place.container.update({ CpusetCpus: String(CORE) });
  await pin(place, backend);
  const start = `sed s/BACKEND/${address}/ /etc/nginx/proxy.conf > /tmp/proxy.conf && exec nginx -c /tmp/proxy.conf`;
  const nginx = await place.start(image, CORE, ['sh', '-c', start]);
  try {
    const figures: RouterFigures[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const perSecond = await most(place, image, backend.host, place.ports.router);
      const ofPeer = await most(place, image, backend.host, PEER_PORT);
      const half = await steady(place, image, backend.host, place.ports.router, perSecond / 2);
      const halfOfPeer = await steady(place, image, backend.host, PEER_PORT, perSecond / 2);
      figures.push({ router: { perSecond, half }, nginx: { perSecond: ofPeer, half: halfOfPeer } });
    }
    return figures;
  } finally {
    await nginx.remove({ force: true });
    await place.container.update({ CpusetCpus: `${CORE},${OTHER_CORE}` });
  }
}

async function pin(place: Place, { guid }: App): Promise<void> {
  const containers = await place.docker.listContainers({
    filters: { label: [`space-egress.foundation=${place.name}`, 'space-egress.role=app'] },
  });
  await Promise.all(
    containers
      .filter(({ Labels }) => Labels['space-egress.app'] === 'backend' && guid !== '')
      .map(({ Id }) => place.docker.getContainer(Id).update({ CpusetCpus: String(OTHER_CORE) })),
  );
}

/** The maximum number of requests per second. */
async function most(place: Place, image: string, host: string, port: number): Promise<number> {
  const options = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${SECONDS}s`, '-H', `Host: ${host}`];
  const printed = await place.beside(image, OTHER_CORE, ['wrk', ...options, `http://127.0.0.1:${port}/`]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]);
  if (!(perSecond > 0) || /Non-2xx/.test(printed)) throw new Error(`wrk on port ${port} printed:\n${printed}`);
  return perSecond;
}

async function steady(place: Place, image: string, host: string, port: number, rate: number): Promise<Latency> {
  const options = { connections: CONNECTIONS, rate, 'warm-up': WARM_UP_SECONDS, seconds: SECONDS };
  const flags = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
  const command = ['load', 'steady', '-address', `127.0.0.1:${port}`, '-host', host, ...flags];
  const printed = await place.beside(image, OTHER_CORE, command);
  if (!printed.startsWith('{')) throw new Error(`load on port ${port} printed:\n${printed}`);
  return JSON.parse(printed) as Latency;
}
