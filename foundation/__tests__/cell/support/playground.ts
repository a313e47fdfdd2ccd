import { randomUUID } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import type {
  HealthCheck,
  InstanceReport,
  InstanceSpec,
  NetworkState,
  PolicyRule,
  SecurityGroupRule,
} from '../../../src/cell/cell';
import { DockerCell, type DockerCellOptions } from '../../../src/cell/docker-cell';
import { found, removeContainer } from '../../../src/cell/engine';
import { addressAt } from '../../../src/ipv4';
import { buildImage, hasImage, imageTag, readFolder, stackSource } from '../../../src/local/image';
import { removeNetwork } from '../../../src/local/inventory';
import type { Settings } from '../../../src/settings';
import { execute, portOf } from '../../../testing/system';

/** Shared by all files, which run one at a time and remove what an interrupted one left behind. */
const FOUNDATION = 'cell-test';
const OVERLAY = '10.255.64.0/22';
/** Reserved for network benchmarks: public to security groups, but used by no foundation. */
const INTERNET = '198.18.64.0/25';

/** Allows for slow answers on a busy machine. */
export const PROCESS: HealthCheck = { type: 'process', endpoint: '', timeout: 60, interval: 30, invocationTimeout: 30 };
export const PORT: HealthCheck = { ...PROCESS, type: 'port' };
export const HTTP: HealthCheck = { ...PROCESS, type: 'http', endpoint: '/' };

export const EVERYTHING: SecurityGroupRule = { protocol: 'all', destination: '0.0.0.0/0' };

export interface Dialed {
  readonly result: string;
  /** The number of packets after the first. */
  readonly repeated: number;
}

/** By default, the machine's resolver is used for other names. */
type CellOptions = Pick<DockerCellOptions, 'certificateLifetime' | 'upstream'>;
type OwnSettings = Pick<Settings, 'stagingTimeout'>;

/** A cell on this machine's engine, with its own networks, and helpers to inspect it from inside. */
export class Playground {
  public readonly reports: InstanceReport[] = [];
  private readonly servers: Server[] = [];
  public cell!: DockerCell;
  public readonly address = addressAt(OVERLAY, 1);
  public readonly internetGateway = addressAt(INTERNET, 1);
  /** Stands in for the internet: answers on 80, 443, and 8443 of each of its addresses. */
  public readonly site = addressAt(INTERNET, 10);
  /** Of the router, as instances know it. */
  public readonly router = addressAt(INTERNET, 15);
  public readonly privateSite = '10.99.0.10';
  public readonly standIn = addressAt(INTERNET, 11);
  public network: NetworkState = { revision: 1, spaces: {}, policies: [], routes: [] };

  private constructor(
    public readonly docker: Docker,
    public readonly settings: Settings,
    public readonly image: string,
    private readonly own: CellOptions,
  ) {}

  public static async open(
    drainDelay = 1000,
    own: CellOptions = {},
    ownSettings: OwnSettings = {},
  ): Promise<Playground> {
    const docker = new Docker();
    const image = await provide(docker, {
      repository: 'space-egress/cell-test',
      files: await readFolder(join(__dirname, 'image')),
    });
    const dataDir = await mkdtemp(join(tmpdir(), `${FOUNDATION}-`));
    const settings: Settings = {
      name: FOUNDATION,
      ports: { api: 0, router: 0, registry: 0 },
      overlay: { network: `${FOUNDATION}-overlay`, cidr: OVERLAY, gateway: addressAt(OVERLAY, 1) },
      internet: { network: `${FOUNDATION}-internet`, cidr: INTERNET, gateway: addressAt(INTERNET, 1) },
      image,
      stackImage: await provide(docker, await stackSource()),
      dataDir,
      appsDomain: 'apps.localhost',
      drainDelay,
      ...ownSettings,
    };
    const playground = new Playground(docker, settings, image, own);
    try {
      await playground.removeLeftovers();
      await mkdir(join(dataDir, 'ca'));
      await writeFile(join(dataDir, 'ca', 'ca.crt'), 'a certificate\n');
      await playground.createNetwork(settings.overlay, false);
      await playground.createNetwork(settings.internet, true);
      await playground.startSite();
      playground.cell = await playground.openCell();
      await playground.cell.recover([], playground.network);
    } catch (error) {
      await playground.close();
      throw error;
    }
    return playground;
  }

  /** The sites' addresses are below those of instances; the machine itself acts as the foundation. */
  public async openCell(): Promise<DockerCell> {
    const cell = await DockerCell.open({
      settings: this.settings,
      docker: this.docker,
      address: this.address,
      router: { host: this.address, port: 0 },
      resolveName: (name) => (name === 'www.example.com' ? this.site : undefined),
      staticRoutes: [{ destination: this.privateSite, via: addressAt(INTERNET, 2), standIn: this.standIn }],
      ...this.own,
    });
    cell.onReport((report) => this.reports.push(report));
    return cell;
  }

  /** Lets a server of this machine listen, as if it were the foundation or a gateway. */
  public listen(host: string): Promise<number> {
    const server = createServer((socket) => socket.end());
    this.servers.push(server);
    return portOf(server, host);
  }

  public async close(): Promise<void> {
    for (const server of this.servers) server.close();
    // Undefined where it could not be opened.
    await (this.cell as DockerCell | undefined)?.close();
    await this.removeLeftovers();
    await rm(this.settings.dataDir, { recursive: true, force: true });
  }

  public spec(over: Partial<InstanceSpec> = {}): InstanceSpec {
    return {
      instanceGuid: randomUUID(),
      appGuid: 'app',
      appName: 'app',
      spaceGuid: 'space',
      organizationGuid: 'organization',
      processGuid: 'process',
      processType: 'web',
      index: 0,
      droplet: { kind: 'docker', image: this.image },
      env: {},
      memory: 64,
      disk: 64,
      ports: [8080],
      healthCheck: PORT,
      ...over,
    };
  }

  /** Started and healthy. */
  public async run(over: Partial<InstanceSpec> = {}): Promise<{ spec: InstanceSpec; address: string }> {
    const spec = this.spec(over);
    await this.cell.start(spec);
    const { address = '' } = await this.reported(spec.instanceGuid, 'RUNNING');
    return { spec, address };
  }

  public async apply(change: Partial<Omit<NetworkState, 'revision'>>): Promise<void> {
    this.network = { ...this.network, ...change, revision: this.network.revision + 1 };
    await this.cell.applyNetwork(this.network);
  }

  public bind(...running: SecurityGroupRule[]): Promise<void> {
    return this.apply({ spaces: { space: { running, staging: [] } } });
  }

  public allow(...policies: PolicyRule[]): Promise<void> {
    return this.apply({ policies });
  }

  public reported(instanceGuid: string, state: InstanceReport['state']): Promise<InstanceReport> {
    return eventually(
      () => this.reports.find((report) => report.instanceGuid === instanceGuid && report.state === state),
      `${instanceGuid} to be ${state}`,
    );
  }

  public async container(role: 'app' | 'holder', instanceGuid: string): Promise<Docker.Container> {
    const [found] = await this.containers(`space-egress.role=${role}`, `space-egress.instance=${instanceGuid}`);
    if (!found) throw new Error(`no ${role} of ${instanceGuid}`);
    return this.docker.getContainer(found.Id);
  }

  public containers(...labels: string[]): Promise<Docker.ContainerInfo[]> {
    const filters = { label: [`space-egress.foundation=${this.settings.name}`, ...labels] };
    return this.docker.listContainers({ all: true, filters });
  }

  /** The output of a command as root in the application's container. */
  public async inside(instanceGuid: string, ...command: string[]): Promise<string> {
    return execute(await this.container('app', instanceGuid), command);
  }

  public execute(container: Docker.Container, command: readonly string[], user?: string): Promise<string> {
    return execute(container, command, user);
  }

  public logged(appGuid: string, pattern: RegExp): Promise<string> {
    return eventually(
      () => this.cell.logs(appGuid).find(({ message }) => pattern.test(message))?.message,
      `${String(pattern)} in the log of ${appGuid}`,
    );
  }

  /** The namespace's rules in the kernel. */
  public async rules(instanceGuid: string): Promise<string> {
    return execute(await this.container('holder', instanceGuid), ['nft', 'list', 'table', 'inet', 'cell']);
  }

  /** From the internet's side, where no rules apply. */
  public async dialFromSite(host: string, port: number): Promise<Dialed> {
    return dialed(await execute(await this.siteContainer(), ['dial', host, String(port)]));
  }

  /** Makes the site accept connections to that port without ever answering. */
  public async startSilence(port: number): Promise<void> {
    const program = `$l = IO::Socket::INET->new(LocalPort => ${port}, Listen => 64); push @all, $l->accept while 1`;
    const site = await this.siteContainer();
    const exec = await site.exec({ Cmd: ['perl', '-MIO::Socket::INET', '-e', program] });
    await exec.start({ Detach: true });
    await this.siteListens(port);
  }

  public async dial(instanceGuid: string, host: string, port: number, ...more: string[]): Promise<Dialed> {
    return dialed(await this.inside(instanceGuid, 'dial', host, String(port), ...more));
  }

  private async siteContainer(): Promise<Docker.Container> {
    const [site] = await this.containers('space-egress.role=internet');
    if (!site) throw new Error('the site does not run');
    return this.docker.getContainer(site.Id);
  }

  private async siteListens(port: number): Promise<void> {
    const isOpen = async (): Promise<boolean> => (await this.dialFromSite(this.site, port)).result === 'open';
    await eventually(async () => (await isOpen()) || undefined, `the site to listen on ${port}`);
  }

  /** Unless the engine still has it from another test. */
  private async createNetwork({ network, cidr, gateway }: Settings['overlay'], internal: boolean): Promise<void> {
    if (await found(this.docker.getNetwork(network).inspect())) return;
    await this.docker.createNetwork({
      Name: network,
      Internal: internal,
      Labels: { 'space-egress.foundation': this.settings.name },
      IPAM: { Config: [{ Subnet: cidr, Gateway: gateway }] },
    });
  }

  private async startSite(): Promise<void> {
    const script = [
      ...[this.site, this.privateSite, this.standIn].map((address) => `ip addr add ${address}/32 dev lo`),
      'nft add table ip site',
      "nft 'add chain ip site prerouting { type nat hook prerouting priority -100; }'",
      `nft add rule ip site prerouting ip daddr ${this.standIn} dnat to ${this.privateSite}`,
      'exec serve 80 443 8443',
    ];
    const container = await this.docker.createContainer({
      Image: this.image,
      Cmd: ['sh', '-c', script.join(' && ')],
      Labels: { 'space-egress.foundation': this.settings.name, 'space-egress.role': 'internet' },
      NetworkingConfig: {
        EndpointsConfig: { [this.settings.internet.network]: { IPAMConfig: { IPv4Address: addressAt(INTERNET, 2) } } },
      },
      HostConfig: { NetworkMode: this.settings.internet.network, CapAdd: ['NET_ADMIN'] },
    });
    await container.start();
    await this.siteListens(80);
  }

  private async removeLeftovers(): Promise<void> {
    const filters = { label: [`space-egress.foundation=${this.settings.name}`] };
    const containers = await this.docker.listContainers({ all: true, filters });
    for (const role of ['app', 'staging', 'holder', 'internet', 'foundation']) {
      const some = containers.filter(({ Labels }) => Labels['space-egress.role'] === role);
      await Promise.all(some.map(({ Id }) => removeContainer(this.docker, Id)));
    }
    const networks = await this.docker.listNetworks({ filters });
    await Promise.all(networks.map(({ Id }) => removeNetwork(this.docker.getNetwork(Id))));
  }
}

function dialed(printed: string): Dialed {
  const [, result = printed, repeated = 'NaN'] = /^(.*) (\d+)\n$/.exec(printed) ?? [];
  return { result, repeated: Number(repeated) };
}

async function provide(docker: Docker, source: Parameters<typeof imageTag>[0]): Promise<string> {
  const tag = imageTag(source);
  return (await hasImage(docker, tag)) ? tag : buildImage(docker, source, () => undefined);
}

/** Waits for a condition, and fails with its name. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  seconds = 50,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(20);
  }
}
