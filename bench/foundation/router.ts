import type { App, Place } from './place';

export interface Throughput {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

export interface RouterFigures {
  readonly router: Throughput;
  readonly nginx: Throughput;
  /** Of the router, at half of what it can do. */
  readonly half: { readonly rate: number; readonly p50: number; readonly p99: number };
}

const CONNECTIONS = 32;
const SECONDS = 8;
const PEER_PORT = 9100;
/** One core is the router's or its peer's; backend and load have the other. */
const [CORE, OTHER_CORE] = [0, 1];

/** In which the sender itself, a program that has just begun, gets to its speed. */
const WARM_UP_SECONDS = 2;

/** Sends at a steady rate, whatever comes back, over kept connections; prints the quantiles as JSON. */
const STEADY = `
const http = require('node:http');
const [host, port, rate, seconds] = process.argv.slice(1);
const warm = ${WARM_UP_SECONDS * 1000};
const agent = new http.Agent({ keepAlive: true, maxSockets: ${CONNECTIONS} });
const times = [];
let sent = 0;
const begun = performance.now();
const send = () => {
  const due = begun + sent * 1000 / rate;
  sent += 1;
  http.get({ agent, host: '127.0.0.1', port, headers: { host } }, (response) => {
    response.resume().on('end', () => {
      if (due - begun > warm) times.push(performance.now() - due);
    });
  });
};
const timer = setInterval(() => {
  while (sent < (performance.now() - begun) * rate / 1000) send();
  if (performance.now() - begun < seconds * 1000) return;
  clearInterval(timer);
  setTimeout(() => {
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.floor(times.length * share)];
    console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
    process.exit();
  }, 1000);
}, 1);
`;

/** Requests a second through the router and through nginx, in turn, to the same instance, each on the same one core. */
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
      const router = await load(place, image, backend.host, place.ports.router);
      const peer = await load(place, image, backend.host, PEER_PORT);
      const rate = Math.round(router.perSecond / 2);
      const args = [backend.host, String(place.ports.router), String(rate), String(SECONDS)];
      const half = await place.beside(place.image, OTHER_CORE, ['node', '-e', STEADY, ...args]);
      figures.push({ router, nginx: peer, half: { rate, ...(JSON.parse(half) as { p50: number; p99: number }) } });
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

async function load(place: Place, image: string, host: string, port: number): Promise<Throughput> {
  const options = ['-t', '1', '-c', String(CONNECTIONS), '-d', `${SECONDS}s`, '--latency', '-H', `Host: ${host}`];
  const printed = await place.beside(image, OTHER_CORE, ['wrk', ...options, `http://127.0.0.1:${port}/`]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]);
  const [, value = 'NaN', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(printed) ?? [];
  if (!(perSecond > 0) || /Non-2xx/.test(printed)) throw new Error(`wrk on port ${port} printed:\n${printed}`);
  return { perSecond, p99: Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? NaN) };
}
