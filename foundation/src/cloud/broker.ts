/** Credentials as cloud.gov's S3 broker gives them. */
export interface BucketCredentials {
  readonly uri: string;
  readonly insecure_skip_verify: false;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly region: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly fips_endpoint: string;
  readonly additional_buckets: readonly string[];
}

/** Makes and removes what a managed service instance stands for. Both calls may be repeated: a job may run twice. */
export interface Broker {
  provision(instanceGuid: string, planName: string): Promise<BucketCredentials>;
  deprovision(instanceGuid: string): Promise<void>;
}
