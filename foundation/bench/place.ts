import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { access, down, status, up } from '@space-egress/foundation';
import { CloudFoundry } from '../../cli/cloud-foundry';
import { followProgress, FrameReader } from '../src/cell/engine';
import { buildImage, hasImage, imageTag, readFolder } from '../src/local/image';
import { Cache } from '../../tools/cache';
import { ensureBuilt } from '../../tools/go-module';
import { Progress } from '../../tools/progress';
import { setUpContainers } from '../../tools/setup';

const ORGANIZATION = 'egress-demo';
const SPACE = 'bench';
const quiet = new Progress({ write: () => undefined });

export interface App {
  readonly guid: string;
  readonly host: string;
}

interface Stats {
  readonly resources: readonly { readonly state: string; readonly instance_internal_ip?: string }[];
}

/** A foundation for the benchmark, and helpers to run applications on it. */
export class Place {
  static async open(name: string): Promise<Place> {
    const { node, versitygw } = await setUpContainers(quiet);
    const files = { node: node.path, versitygw };
    await up({ name, files, progress: quiet });
    const { plan, containers } = await status({ name });
    const image = containers.find(({ role }) => role === 'foundation')?.image;
    if (!plan || image === undefined) throw new Error(`foundation ${name} is not up`);
    const { credentials } = await access({ name });
    const { username: user, password } = credentials.admin;
    const cloud = await CloudFoundry.login({ apiUrl: `http://127.0.0.1:${plan.ports.api}`, user, password });
    const organization = await cloud.organizationGuid(ORGANIZATION);
    const relationships = { organization: { data: { guid: organization } } };
    const space = await cloud.post('/v3/spaces', { name: SPACE, relationships });
    return new Place(name, files, plan.ports, image, cloud, space.guid);
  }

  readonly docker = new Docker();

  private constructor(
    readonly name: string,
    private readonly files: Parameters<typeof up>[0]['files'],
    readonly ports: { readonly router: number; readonly registry: number },
    /** An image with Node.js. */
    readonly image: string,
    readonly cloud: CloudFoundry,
    private readonly space: string,
  ) {}

  get container(): Docker.Container {
    return this.docker.getContainer(`space-egress-${this.name}`);
  }

  async close(): Promise<void> {
    await down({ name: this.name });
  }

  /** Starts it, unless it is running. */
  async up(): Promise<void> {
    await up({ name: this.name, files: this.files, progress: quiet });
  }

  /** When its container was started, in milliseconds since the epoch. */
  async startedAt(): Promise<number> {
    return Date.parse((await this.container.inspect()).State.StartedAt);
  }

  /** Builds the image of the folder `image`, with the program `load`. */
  async build(): Promise<string> {
    const load = await readFile(await ensureBuilt('load', new Cache(), () => undefined));
    const files = [...(await readFolder(join(__dirname, 'image'))), { name: 'load', content: load, mode: 0o755 }];
    const source = { repository: 'space-egress/bench', files };
    const tag = imageTag(source);
    if (!(await hasImage(this.docker, tag))) await buildImage(this.docker, source, () => undefined);
    return tag;
  }

  /** Pushes an application, with a public and an internal route of its name. */
  async push(name: string, image: string, process: object): Promise<App> {
    const reference = await this.publish(name, image);
    const routes = [{ route: `${name}.apps.localhost` }, { route: `${name}.apps.internal` }];
    await this.cloud.applyManifest(this.space, {
      applications: [{ name, docker: { image: reference }, routes, processes: [{ type: 'web', ...process }] }],
    });
    const app = await this.cloud.one(`/v3/apps?names=${name}`);
    const pushed = await this.cloud.post('/v3/packages', {
      type: 'docker',
      relationships: { app: { data: { guid: app.guid } } },
      data: { image: reference },
    });
    const build = await this.cloud.post('/v3/builds', { package: { guid: pushed.guid } });
    await this.cloud.until(`/v3/builds/${build.guid}`, ({ state }) => state === 'STAGED');
    const droplet = await this.cloud.one(`/v3/packages/${pushed.guid}/droplets`);
    await this.cloud.patch(`/v3/apps/${app.guid}/relationships/current_droplet`, { data: { guid: droplet.guid } });
    await this.cloud.post(`/v3/apps/${app.guid}/actions/start`, {});
    await this.running(app.guid, 1);
    return { guid: app.guid, host: `${name}.apps.localhost` };
  }

  async scale({ guid }: App, instances: number): Promise<void> {
    await this.cloud.post(`/v3/apps/${guid}/processes/web/actions/scale`, { instances });
    await this.running(guid, instances);
  }

  async addresses({ guid }: App): Promise<string[]> {
    const { resources } = await this.stats(guid);
    return resources.flatMap(({ instance_internal_ip: address }) => (address === undefined ? [] : [address]));
  }

  /** Creates or deletes a policy. */
  async policy(action: 'create' | 'delete', source: App, destination: App, port: number): Promise<void> {
    const ends = { id: destination.guid, protocol: 'tcp', ports: { start: port, end: port } };
    const policies = [{ source: { id: source.guid }, destination: ends }];
    await this.cloud.post(`/networking/v1/external/policies${action === 'create' ? '' : '/delete'}`, { policies });
  }

  /** Memory of each of the foundation's containers, in MiB, without the page cache. */
  async memory(role: string): Promise<number[]> {
    const label = [`space-egress.foundation=${this.name}`, `space-egress.role=${role}`];
    const found = await this.docker.listContainers({ filters: { label } });
    return Promise.all(
      found.map(async ({ Id }) => {
        const { memory_stats: memory } = await this.docker.getContainer(Id).stats({ stream: false });
        const stats = memory.stats as unknown as Record<string, number>;
        // The first name of each is from cgroup v1.
        const files = ['active_file', 'inactive_file'].map((name) => stats[`total_${name}`] ?? stats[name] ?? 0);
        return files.reduce((left, size) => left - size, memory.usage) / 1024 ** 2;
      }),
    );
  }

  /** Runs a program in the foundation's network, on one core, and returns its output. */
  async beside(image: string, core: number, command: readonly string[]): Promise<string> {
    const container = await this.start(image, core, command);
    try {
      await container.wait();
      const log = await container.logs({ stdout: true, stderr: true });
      return [...new FrameReader().push(log)].map(({ payload }) => payload.toString('utf8')).join('');
    } finally {
      await container.remove({ force: true });
    }
  }

  async start(image: string, core: number, command: readonly string[]): Promise<Docker.Container> {
    const container = await this.docker.createContainer({
      Image: image,
      Entrypoint: [...command],
      Cmd: [],
      Labels: { 'space-egress.foundation': this.name, 'space-egress.role': 'bench' },
      HostConfig: { NetworkMode: `container:${this.container.id}`, CpusetCpus: String(core) },
    });
    await container.start();
    return container;
  }

  private async publish(name: string, image: string): Promise<string> {
    const repository = `localhost:${this.ports.registry}/${name}`;
    await this.docker.getImage(image).tag({ repo: repository, tag: 'bench' });
    const stream = await this.docker.getImage(`${repository}:bench`).push({ authconfig: {} });
    await followProgress(this.docker, stream);
    return `${repository}:bench`;
  }

  private async stats(guid: string): Promise<Stats> {
    return (await this.cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats;
  }

  private async running(guid: string, instances: number): Promise<void> {
    for (;;) {
      const { resources } = await this.stats(guid);
      if (resources.length === instances && resources.every(({ state }) => state === 'RUNNING')) return;
      if (resources.some(({ state }) => state === 'CRASHED')) throw new Error(`an instance of ${guid} has crashed`);
      await sleep(50);
    }
  }
}
