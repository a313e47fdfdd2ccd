import {
  BrokerRefusal,
  type Bound,
  type BrokeredBinding,
  type BrokeredInstance,
  type BrokeredUnbinding,
  type OwnBroker,
  type Provisioned,
} from '../cloud/broker';
import { type BucketServer, deriveAccount } from './bucket-server';
import type { Bucket } from './buckets';
import { REGION, S3_DOORS } from './names';
import { isPublic, type ObjectOwnership, readAdditionalInstances, readOwnership, S3_OFFERING } from './s3-catalog';
import type { S3Account } from './s3-client';

/** As with cloud.gov's broker, ACLs are enabled, as they were before AWS changed its default. */
const DEFAULT_OWNERSHIP: ObjectOwnership = 'ObjectWriter';

const bucketName = (instanceGuid: string): string => `cg-${instanceGuid}`;

/** A binding's credentials, with the same fields as from cloud.gov's broker. */
const bucketCredentials = (
  bucket: string,
  { accessKeyId, secretAccessKey }: S3Account,
  additionalBuckets: readonly string[] = [],
) => {
  const endpoint = S3_DOORS.brokered.domain;
  return {
    uri: `s3://${accessKeyId}:${secretAccessKey}@${endpoint}/${bucket}`,
    insecure_skip_verify: false,
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    region: REGION,
    bucket,
    endpoint,
    fips_endpoint: endpoint,
    additional_buckets: additionalBuckets,
  };
};

type Ordered = Pick<BrokeredInstance, 'guid' | 'plan' | 'parameters'>;
type Known = Pick<BrokeredInstance, 'guid'>;
type Binding = Pick<BrokeredBinding, 'guid' | 'parameters' | 'findInstance'> & { readonly instance: Known };
type Unbinding = Pick<BrokeredUnbinding, 'guid' | 'credentials'> & { readonly instance: Known };

const requireInstances = ({ parameters, findInstance }: Binding): readonly string[] =>
  readAdditionalInstances(parameters).map((name) => {
    const guid = findInstance(name);
    if (guid === undefined) throw new BrokerRefusal(`Service instance ${name} not found`);
    return guid;
  });

/** Provides buckets and accounts on the S3 server of the simulated internet. */
export class S3Broker implements OwnBroker {
  readonly name = 's3-broker';
  readonly catalog = [S3_OFFERING];

  constructor(private readonly server: BucketServer) {}

  async provision({ guid, plan, parameters }: Ordered): Promise<Provisioned> {
    const ownership = readOwnership(parameters) ?? DEFAULT_OWNERSHIP;
    await this.server.run('arrange-bucket', { ...(await this.bucketOf(guid)), ownership, isPublic: isPublic(plan) });
    return {};
  }

  async update({ guid, plan, parameters }: Ordered): Promise<Provisioned> {
    const ownership = readOwnership(parameters);
    await this.server.run('arrange-bucket', { ...(await this.bucketOf(guid)), ownership, isPublic: isPublic(plan) });
    return {};
  }

  async deprovision({ guid }: Known): Promise<void> {
    await this.server.run('remove-bucket', await this.bucketOf(guid));
  }

  async bind(binding: Binding): Promise<Bound> {
    const additional = requireInstances(binding);
    const buckets = await Promise.all([binding.instance.guid, ...additional].map((guid) => this.bucketOf(guid)));
    const account = await this.accountOf(binding.guid);
    await this.server.run('grant-access', { account, buckets });
    const credentials = bucketCredentials(bucketName(binding.instance.guid), account, additional.map(bucketName));
    return { credentials };
  }

  async unbind({ guid, instance, credentials }: Unbinding): Promise<void> {
    const additional = (credentials['additional_buckets'] ?? []) as readonly string[];
    const names = [bucketName(instance.guid), ...additional];
    const buckets = await Promise.all(names.map((name) => this.bucket(name)));
    await this.server.run('revoke-access', { account: await this.accountOf(guid), buckets });
  }

  private async accountOf(bindingGuid: string): Promise<S3Account> {
    return deriveAccount(await this.server.seed(), `binding:${bindingGuid}`);
  }

  private bucketOf(instanceGuid: string): Promise<Bucket> {
    return this.bucket(bucketName(instanceGuid));
  }

  /** No binding gets the owner's account: each binding has its own. */
  private async bucket(name: string): Promise<Bucket> {
    return { name, owner: deriveAccount(await this.server.seed(), name) };
  }
}
