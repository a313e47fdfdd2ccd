import { ServiceKind } from './service';

/** Access to a bucket that you own. */
export interface S3Credentials {
  /** The bucket's name. */
  readonly bucket: string;
  /** The bucket's region, such as `us-gov-west-1`. */
  readonly region: string;
  /**
   * The host that serves the bucket as `BUCKET.ENDPOINT`.
   *
   * @default s3.REGION.amazonaws.com
   */
  readonly endpoint?: string;
  /** A sensitive Terraform variable. */
  readonly accessKeyId: string;
  /** A sensitive Terraform variable. */
  readonly secretAccessKey: string;
}

/**
 * An S3 bucket of your own. A brokered bucket is a {@link ServiceKind} like any other: `ServiceKind.managed('s3',
 * 'basic')`.
 *
 * The kind decides which applications reach the bucket without a proxy: a brokered one is in the platform's own
 * network, your own is on the internet. See {@link Egress.reaches}.
 *
 * @see https://cloud.gov/docs/services/s3/
 */
export class S3 {
  /** Your own bucket, with the credentials in the same fields as cloud.gov's broker uses. */
  static userProvided(credentials: S3Credentials): ServiceKind {
    const { bucket, region, endpoint = S3.endpoint(region) } = credentials;
    return ServiceKind.userProvided({
      bucket,
      region,
      endpoint,
      access_key_id: credentials.accessKeyId,
      secret_access_key: credentials.secretAccessKey,
    });
  }

  /** The host of a region, which serves every bucket there. Never use it as a destination. */
  static endpoint(region: string): string {
    return `s3.${region}.amazonaws.com`;
  }

  /** The host of one bucket. */
  static host(bucket: string, region: string): string {
    return `${bucket}.${S3.endpoint(region)}`;
  }
}
