import { Destination } from './values/destination';
import { DESTINATION_SETS } from './values/host-sets';
import { S3 } from './s3';

/**
 * The regions in which S3 has endpoints whose cryptography is validated by FIPS 140.
 *
 * @see https://aws.amazon.com/compliance/fips/
 */
const FIPS_REGIONS: readonly string[] = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
  ...['us-gov-east-1', 'us-gov-west-1', 'ca-central-1', 'ca-west-1'],
];

/**
 * The hosts that clients of widely used services need, as each service documents them. docs/proxy.md has sources and
 * dates. For hosts that were added later, see the source's page, or the refusals in the proxy's log.
 *
 * @example proxy.allowDestinations(...DestinationSets.pypi(), ...DestinationSets.newRelicFedRamp())
 */
export class DestinationSets {
  /** login.gov, for applications whose users sign in with it by OpenID Connect or SAML. */
  static loginGov(): Destination[] {
    return setOf('loginGov');
  }

  /** The sandbox of login.gov. */
  static loginGovSandbox(): Destination[] {
    return setOf('loginGovSandbox');
  }

  /** New Relic in the US: the endpoints of its agents and APIs. */
  static newRelicUs(): Destination[] {
    return setOf('newRelicUs');
  }

  /** New Relic in the EU: the endpoints of its agents and APIs. */
  static newRelicEu(): Destination[] {
    return setOf('newRelicEu');
  }

  /** New Relic for FedRAMP: only the endpoints of its agents and APIs there. */
  static newRelicFedRamp(): Destination[] {
    return setOf('newRelicFedRamp');
  }

  /** Debian's packages and security updates, over HTTP and HTTPS. */
  static debian(): Destination[] {
    return setOf('debian');
  }

  /** npm's registry. */
  static npm(): Destination[] {
    return setOf('npm');
  }

  /** PyPI. */
  static pypi(): Destination[] {
    return setOf('pypi');
  }

  /** Maven Central. */
  static mavenCentral(): Destination[] {
    return setOf('mavenCentral');
  }

  /** RubyGems. */
  static rubyGems(): Destination[] {
    return setOf('rubyGems');
  }

  /** GitHub's API. All of its tenants share the host, so the check `allowlist-shared-host` asks for a reason. */
  static gitHubApi(): Destination[] {
    return setOf('gitHubApi');
  }

  /**
   * A bucket in S3, by its own host, because a region's host serves everyone's buckets.
   *
   * @example DestinationSets.s3('my-files', 'eu-central-1')
   * @param bucket without dots, since the certificate of its host would not match
   * @param region such as `us-gov-west-1`
   * @throws for a bucket with dots, and for a region of China, which has other hosts
   */
  static s3(bucket: string, region: string): Destination[] {
    return [bucketHost(bucket, region, S3.host(bucket, region))];
  }

  /**
   * A bucket in S3, only by its FIPS 140 host, which programs use with `AWS_USE_FIPS_ENDPOINT=true`.
   *
   * @param bucket without dots, since the certificate of its host would not match
   * @param region one of the US, GovCloud, or Canada
   * @throws for a bucket with dots, and for a region that has no such host
   */
  static s3Fips(bucket: string, region: string): Destination[] {
    if (!FIPS_REGIONS.includes(region)) {
      throw new Error(
        `S3 has no FIPS endpoint in '${region}': use DestinationSets.s3, or one of ${FIPS_REGIONS.join(', ')}`,
      );
    }
    return [bucketHost(bucket, region, `${bucket}.s3-fips.${region}.amazonaws.com`)];
  }
}

function setOf(name: keyof typeof DESTINATION_SETS): Destination[] {
  return DESTINATION_SETS[name].lines.map((line) => Destination.parse(line));
}

function bucketHost(bucket: string, region: string, host: string): Destination {
  if (bucket.includes('.') || bucket === '') {
    throw new Error(`'${bucket}' is not a bucket with its own host: use one without dots`);
  }
  if (!/^[a-z]{2}(?:-[a-z]+)+-[0-9]+$/.test(region) || region.startsWith('cn-')) {
    throw new Error(`'${region}' is not a region with hosts in amazonaws.com: write it as in us-gov-west-1`);
  }
  return Destination.host(host);
}
