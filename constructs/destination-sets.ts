import { Destination } from './destination';
import { S3 } from './s3';

/** Hosts that belong together, as somebody else says. */
export interface DestinationSet {
  /** What they are, for a table. */
  readonly what: string;
  /** Who says so. */
  readonly source: string;
  /** The day that its list bears, or on which a copy of it was looked up, in UTC. */
  readonly asOf: string;
  /** Lines of an allowlist. */
  readonly lines: readonly string[];
}

/** As the source says, and no more: whoever changes one changes its day, too. `npm run docs:tables` writes the page of them. */
export const DESTINATION_SETS = {
  loginGov: {
    what: 'login.gov, for whoever signs in with it by OpenID Connect or SAML',
    source: 'https://developers.login.gov/oidc/getting-started/',
    asOf: '2026-11-28',
    lines: ['secure.login.gov:443'],
  },
  loginGovSandbox: {
    what: 'the sandbox of login.gov',
    source: 'https://developers.login.gov/oidc/getting-started/',
    asOf: '2026-11-28',
    lines: ['idp.int.identitysandbox.gov:443'],
  },
  newRelicUs: {
    what: 'New Relic, what its agents and its APIs send to in the US',
    source: 'https://docs.newrelic.com/docs/new-relic-solutions/get-started/networks/',
    asOf: '2024-04-23',
    lines: [
      ...['collector', 'aws-api', 'cloud-collector', 'insights-collector', 'log-api', 'metric-api', 'trace-api'],
      ...['infra-api', 'identity-api', 'infrastructure-command-api', 'nrql-lookup.service'],
      ...['mobile-collector', 'mobile-crash', 'mobile-symbol-upload'],
    ]
      .map((host) => `${host}.newrelic.com:443`)
      .concat('bam.nr-data.net:443', 'csec.nr-data.net:443', 'otlp.nr-data.net:443,4317,4318'),
  },
  newRelicEu: {
    what: 'New Relic, what its agents and its APIs send to in the EU',
    source: 'https://docs.newrelic.com/docs/new-relic-solutions/get-started/networks/',
    asOf: '2024-04-23',
    lines: [
      ...[
        'collector',
        'aws-api',
        'cloud-collector',
        'log-api',
        'metric-api',
        'trace-api',
        'infra-api',
        'identity-api',
      ].map((host) => `${host}.eu.newrelic.com:443`),
      ...['infrastructure-command-api.eu.newrelic.com:443', 'nrql-lookup.service.eu.newrelic.com:443'],
      ...['collector', 'aws-api', 'bam', 'csec', 'insights-collector', 'infra-api'].map(
        (host) => `${host}.eu01.nr-data.net:443`,
      ),
      ...['mobile-collector', 'mobile-crash', 'mobile-symbol-upload'].map((host) => `${host}.eu01.nr-data.net:443`),
      'otlp.eu01.nr-data.net:443,4317,4318',
    ],
  },
  newRelicFedRamp: {
    what: 'New Relic, what its agents and its APIs send to by FedRAMP',
    source: 'https://docs.newrelic.com/docs/security/security-privacy/compliance/fedramp-compliant-endpoints/',
    asOf: '2026-11-28',
    lines: [
      ...['collector', 'insights-collector', 'log-api', 'metric-api', 'trace-api'],
      ...['infra-api', 'identity-api', 'infrastructure-command-api', 'mobile-collector', 'mobile-crash'],
    ]
      .map((host) => `gov-${host}.newrelic.com:443`)
      .concat('gov-otlp.nr-data.net:443,4317,4318'),
  },
  debian: {
    what: "Debian's packages and their security updates, by apt",
    source: 'https://wiki.debian.org/SourcesList',
    asOf: '2026-11-28',
    lines: ['deb.debian.org:80,443', 'security.debian.org:80,443'],
  },
  npm: {
    what: "npm's registry, which has the packages, too",
    source: 'https://docs.npmjs.com/cli/v11/using-npm/registry',
    asOf: '2026-11-28',
    lines: ['registry.npmjs.org:443'],
  },
  pypi: {
    what: 'PyPI: the index, and where its packages are',
    source: 'https://docs.pypi.org/api/index-api/',
    asOf: '2026-11-28',
    lines: ['pypi.org:443', 'files.pythonhosted.org:443'],
  },
  mavenCentral: {
    what: 'Maven Central, by the names that Maven, Gradle and sbt have for it',
    source: 'https://central.sonatype.org/consume/consume-maven/',
    asOf: '2026-11-28',
    lines: ['repo.maven.apache.org:443', 'repo1.maven.org:443'],
  },
  rubyGems: {
    what: 'RubyGems: the index that Bundler reads, and the gems',
    source: 'https://guides.rubygems.org/rubygems-org-compact-index-api/',
    asOf: '2026-11-28',
    lines: ['rubygems.org:443', 'index.rubygems.org:443'],
  },
  gitHubApi: {
    what: "GitHub's API, of all of its tenants, as a check says",
    source: 'https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api',
    asOf: '2026-11-28',
    lines: ['api.github.com:443'],
  },
} as const satisfies Readonly<Record<string, DestinationSet>>;

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
 * What services that many use need, each by the hosts that the service itself names, with where and when: docs/destination-sets.md.
 * A set is what it was on that day: the page of its source has what has been added, and the log what a client was refused.
 *
 * @example proxy.allowDestinations(...DestinationSets.pypi(), ...DestinationSets.newRelicFedRamp())
 */
export class DestinationSets {
  /** login.gov, for whoever signs in with it by OpenID Connect or SAML. */
  static loginGov(): Destination[] {
    return setOf('loginGov');
  }

  /** The sandbox of login.gov. */
  static loginGovSandbox(): Destination[] {
    return setOf('loginGovSandbox');
  }

  /** What the agents and the APIs of New Relic send to in the US. */
  static newRelicUs(): Destination[] {
    return setOf('newRelicUs');
  }

  /** What the agents and the APIs of New Relic send to in the EU. */
  static newRelicEu(): Destination[] {
    return setOf('newRelicEu');
  }

  /** What the agents and the APIs of New Relic send to by FedRAMP, and to nothing else. */
  static newRelicFedRamp(): Destination[] {
    return setOf('newRelicFedRamp');
  }

  /** Debian's packages and their security updates, by http and https. */
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

  /** GitHub's API. All of its tenants share the host, so that the check `allowlist-shared-host` asks for a reason. */
  static gitHubApi(): Destination[] {
    return setOf('gitHubApi');
  }

  /**
   * A bucket in S3, by the host that is its own: a region's host serves the buckets of everybody.
   *
   * @example DestinationSets.s3('my-files', 'eu-central-1')
   * @param bucket without dots, in which the certificate of its host would not hold
   * @param region as in `us-gov-west-1`
   * @throws for a bucket with dots and for a region of China, whose hosts are others
   */
  static s3(bucket: string, region: string): Destination[] {
    return [bucketHost(bucket, region, S3.host(bucket, region))];
  }

  /**
   * A bucket in S3 by the host that speaks FIPS 140, as programs ask for it with `AWS_USE_FIPS_ENDPOINT=true`, and by no other.
   *
   * @param bucket without dots, in which the certificate of its host would not hold
   * @param region one of the US, GovCloud or Canada
   * @throws for a bucket with dots and for a region that has no such host
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
    throw new Error(`'${bucket}' is no bucket with a host of its own: name one without dots`);
  }
  if (!/^[a-z]{2}(?:-[a-z]+)+-[0-9]+$/.test(region) || region.startsWith('cn-')) {
    throw new Error(`'${region}' is no region whose hosts end in amazonaws.com: write it as in us-gov-west-1`);
  }
  return Destination.host(host);
}
