import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import type { Settings } from '../settings';
import type { AddressPlan, AddressPool, Lease } from './addresses';
import { type InstanceCertificates, trustedCertificates } from './instance-certificates';
import { engineMessage, removeContainer } from './engine';
import { createHolder, type StaticRoute } from './holder';
import { LABEL, type InstanceRole } from './labels';
import type { LogBook } from './logs';
import type { Namespaces } from './namespaces';
import { RuleChannel } from './rule-channel';
import type { Namespace } from './rules';

interface InstanceNetworksOptions {
  readonly docker: Docker;
  readonly settings: Settings;
  readonly plan: AddressPlan;
  readonly routes: readonly StaticRoute[];
  /** Where the router listens on the foundation's address. */
  readonly routerPort: () => number;
  readonly pool: AddressPool;
  readonly namespaces: Namespaces;
  readonly instanceCertificates: InstanceCertificates;
  readonly logs: LogBook;
}

/** A namespace with its rules in force, ready for a container to join. */
export interface InstanceNetwork {
  readonly key: string;
  readonly lease: Lease;
  readonly holder: Docker.Container;
}

/** Network namespaces for instances and staging, closed before anything runs in them. */
export class InstanceNetworks {
  private readonly channels = new Map<string, RuleChannel>();

  public constructor(public readonly options: InstanceNetworksOptions) {}

  /** A unique name, since a container of an earlier start may still be going away. */
  public containerName(role: InstanceRole, guid: string): string {
    return `space-egress-${this.options.settings.name}-${role}-${guid}-${randomUUID().slice(0, 8)}`;
  }

  public labels(role: InstanceRole, guid: string): Record<string, string> {
    return { [LABEL.foundation]: this.options.settings.name, [LABEL.role]: role, [LABEL.instance]: guid };
  }

  public certificates(): Promise<readonly string[]> {
    return trustedCertificates(this.options.settings.dataDir);
  }

  /** Creates a namespace, with its rules and those of its neighbors in force. Leaves nothing behind if it fails. */
  public async claim(
    guid: string,
    what: Omit<Namespace, 'lease'>,
    labels: Readonly<Record<string, string>> = {},
    /** Makes the certificate for TLS in front of the instance. Without it, there is no TLS. */
    certify?: (lease: Lease) => Promise<string>,
  ): Promise<InstanceNetwork> {
    const { docker, settings, plan, pool, namespaces, routes, routerPort } = this.options;
    const lease = pool.take();
    const create = async (): Promise<Docker.Container> =>
      createHolder(docker, {
        name: this.containerName('holder', guid),
        image: settings.image,
        labels: { ...this.labels('holder', guid), ...labels },
        lease,
        plan,
        routes,
        routerPort: routerPort(),
        certificate: await certify?.(lease),
      });
    const holder = await create().catch((error: unknown) => {
      namespaces.close(guid, lease);
      throw new Error(`no network for ${guid}: ${engineMessage(error)}`, { cause: error });
    });
    const network = { key: guid, lease, holder };
    try {
      await holder.start();
      this.open(network, what);
      const failure = (await namespaces.enforce()).get(guid);
      if (failure) throw failure;
      return network;
    } catch (error) {
      await this.leave(network);
      throw new Error(`no rules for ${guid}: ${engineMessage(error)}`, { cause: error });
    }
  }

  /** Takes over a running namespace, to keep its rules up to date. */
  public open({ key, lease, holder }: InstanceNetwork, what: Omit<Namespace, 'lease'>): void {
    const channel = new RuleChannel(holder);
    this.channels.set(holder.id, channel);
    this.options.namespaces.open(key, { ...what, lease }, (rules) => channel.apply(rules));
  }

  /** Releases all namespaces, which keep the rules that they have. */
  public async close(): Promise<void> {
    await Promise.all([...this.channels.values()].map((channel) => channel.close()));
  }

  public async leave({ key, lease, holder }: InstanceNetwork): Promise<void> {
    await this.channels.get(holder.id)?.close();
    this.channels.delete(holder.id);
    await removeContainer(this.options.docker, holder.id);
    this.options.namespaces.close(key, lease);
    await this.options.namespaces.enforce();
  }
}
