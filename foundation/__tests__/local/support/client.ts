import type Docker from 'dockerode';
import { addressAt } from '../../../src/ipv4';
import { offSubnetRoutes, resolveName } from '../../../src/internet/names';
import type { Subnet } from '../../../src/settings';
import { execute } from '../../../testing/system';

export interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly sha256: string;
  /** The beginning of it. */
  readonly text: string;
}

const LABEL = 'space-egress.test';
const KIND = 'local';
const FIRST_INSTANCE = 32;
const CHAIN = '{ type nat hook output priority -100; }';

/** Runs in the container: sends one request to an address, with the URL's host name. */
const PROGRAM = `
  const { url, address, ca, headers, method } = JSON.parse(process.argv[1]);
  const { createHash } = require('node:crypto');
  const secure = url.startsWith('https:');
  const lookup = (host, options, done) => options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
  const fail = (error) => { console.log(JSON.stringify({ error: error.code ?? error.message })); };
  require(secure ? 'node:https' : 'node:http').request(url, { lookup, ca, headers, method }, (response) => {
    const hash = createHash('sha256');
    let bytes = 0;
    let text = '';
    response.on('data', (chunk) => { hash.update(chunk); bytes += chunk.length; if (text.length < 2000) text += chunk; });
    response.on('error', fail);
    response.on('end', () => {
      console.log(JSON.stringify({ status: response.statusCode, bytes, sha256: hash.digest('hex'), text: text.slice(0, 2000) }));
    });
  }).on('error', fail).end();
`;

/** A container on the simulated internet with an instance's routes, but without rules. */
export class Client {
  private constructor(
    private readonly container: Docker.Container,
    private readonly internet: Subnet,
    private readonly ca: string,
  ) {}

  /** Also removes what an interrupted run left behind. */
  static async removeAll(docker: Docker): Promise<void> {
    const containers = await docker.listContainers({ all: true, filters: { label: [`${LABEL}=${KIND}`] } });
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
  }

  static async start(docker: Docker, image: string, internet: Subnet, ca: string): Promise<Client> {
    // Like an instance's holder.
    const ways = offSubnetRoutes(internet).flatMap(({ destination, via, standIn }) => [
      `ip route replace ${destination} via ${via}`,
      `nft add rule ip translation output ip daddr ${destination} dnat to ${standIn}`,
    ]);
    const translation = ['nft add table ip translation', `nft add chain ip translation output '${CHAIN}'`];
    const script = [...translation, ...ways, ': > /run/ready', 'exec sleep infinity'].join('\n');
    const container = await docker.createContainer({
      Image: image,
      Cmd: ['/bin/sh', '-ec', script],
      Labels: { [LABEL]: KIND },
      NetworkingConfig: {
        EndpointsConfig: {
          [internet.network]: { IPAMConfig: { IPv4Address: addressAt(internet.cidr, FIRST_INSTANCE) } },
        },
      },
      HostConfig: { NetworkMode: internet.network, CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
    });
    await container.start();
    const client = new Client(container, internet, ca);
    await client.run(['/bin/sh', '-c', 'until [ -e /run/ready ]; do sleep 0.01; done']);
    return client;
  }

  get(url: string, headers: Readonly<Record<string, string>> = {}, ca = this.ca): Promise<Answer> {
    return this.send('GET', url, headers, ca);
  }

  async send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    ca = this.ca,
  ): Promise<Answer> {
    const address = resolveName(new URL(url).hostname, this.internet);
    const printed = await this.run(['node', '-e', PROGRAM, JSON.stringify({ url, address, ca, headers, method })]);
    const answer = JSON.parse(printed) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  private run(command: string[]): Promise<string> {
    return execute(this.container, command);
  }
}
