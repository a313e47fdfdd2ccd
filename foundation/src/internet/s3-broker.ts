import type Docker from 'dockerode';
import { execute } from '../cell/engine';
import type { Broker, BucketCredentials } from '../cloud/broker';
import type { Settings } from '../settings';
import { deriveAccount, loadSeed } from './accounts';
import type { Bucket } from './buckets';
import { PROGRAM, type Command } from './files';
import { internetContainerName } from './internet';
import { REGION, S3_DOORS } from './names';

/** A bucket's credentials, with the fields that cloud.gov's broker gives. */
export function bucketCredentials({ name, owner }: Bucket): BucketCredentials {
  const endpoint = S3_DOORS.brokered.domain;
  return {
    uri: `s3://${owner.accessKeyId}:${owner.secretAccessKey}@${endpoint}/${name}`,
    insecure_skip_verify: false,
    access_key_id: owner.accessKeyId,
    secret_access_key: owner.secretAccessKey,
    region: REGION,
    bucket: name,
    endpoint,
    fips_endpoint: endpoint,
    additional_buckets: [],
  };
}

/**
 * Makes buckets on the S3 server of the simulated internet. It talks to it through the container engine: a way over
 * the network would be one for the applications too.
 */
export class S3Broker implements Broker {
  constructor(
    private readonly docker: Docker,
    private readonly settings: Pick<Settings, 'name' | 'dataDir'>,
  ) {}

  async provision(instanceGuid: string): Promise<BucketCredentials> {
    const bucket = await this.bucketOf(instanceGuid);
    await this.run('ensure-bucket', bucket);
    return bucketCredentials(bucket);
  }

  async deprovision(instanceGuid: string): Promise<void> {
    await this.run('remove-bucket', await this.bucketOf(instanceGuid));
  }

  private async bucketOf(instanceGuid: string): Promise<Bucket> {
    const name = `cg-${instanceGuid}`;
    return { name, owner: deriveAccount(await loadSeed(this.settings.dataDir), name) };
  }

  private async run(command: Command, bucket: Bucket): Promise<void> {
    const container = this.docker.getContainer(internetContainerName(this.settings.name));
    await execute(container, ['node', PROGRAM, command], JSON.stringify(bucket));
  }
}
