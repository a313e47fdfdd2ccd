/** A set of hosts that an outside source publishes. */
interface DestinationSet {
  /** What the hosts are, for a table. */
  readonly what: string;
  /** The source of the list. */
  readonly source: string;
  /** The date of the list, or the day on which it was looked up, in UTC. */
  readonly asOf: string;
  /** Entries of an allowlist. */
  readonly lines: readonly string[];
}

/**
 * Exactly what each source lists. When you change a set, change its date too. `npm run docs:tables` writes the page
 * about them.
 */
export const DESTINATION_SETS = {
  loginGov: {
    what: 'login.gov, for sign-in with OpenID Connect or SAML',
    source: 'https://developers.login.gov/oidc/getting-started/',
    asOf: '2026-11-28',
    lines: ['secure.login.gov:443'],
  },
  loginGovSandbox: {
    what: "login.gov's sandbox",
    source: 'https://developers.login.gov/oidc/getting-started/',
    asOf: '2026-11-28',
    lines: ['idp.int.identitysandbox.gov:443'],
  },
  newRelicUs: {
    what: 'New Relic in the US: the endpoints of its agents and APIs',
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
    what: 'New Relic in the EU: the endpoints of its agents and APIs',
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
    what: 'New Relic for FedRAMP: the endpoints of its agents and APIs',
    source: 'https://docs.newrelic.com/docs/security/security-privacy/compliance/fedramp-compliant-endpoints/',
    asOf: '2026-11-28',
    lines: [
      ...['collector', 'aws-api', 'insights-collector', 'log-api', 'metric-api', 'trace-api'],
      ...['infra-api', 'identity-api', 'infrastructure-command-api', 'mobile-collector', 'mobile-crash'],
    ]
      .map((host) => `gov-${host}.newrelic.com:443`)
      .concat('gov-otlp.nr-data.net:443,4317,4318'),
  },
  debian: {
    what: "Debian packages and security updates, from the sources that Debian's container images configure for apt",
    source: 'https://github.com/debuerreotype/debuerreotype/blob/master/scripts/debuerreotype-debian-sources-list',
    asOf: '2026-11-28',
    lines: ['deb.debian.org:80,443', 'security.debian.org:80,443'],
  },
  npm: {
    what: 'the npm registry, which also serves the packages',
    source: 'https://docs.npmjs.com/cli/v11/using-npm/registry',
    asOf: '2026-11-28',
    lines: ['registry.npmjs.org:443'],
  },
  pypi: {
    what: 'PyPI: the index and the package files',
    source: 'https://docs.pypi.org/api/index-api/',
    asOf: '2026-11-28',
    lines: ['pypi.org:443', 'files.pythonhosted.org:443'],
  },
  mavenCentral: {
    what: 'Maven Central, under the names that Maven, Gradle and sbt use',
    source: 'https://central.sonatype.org/consume/',
    asOf: '2026-11-28',
    lines: ['repo.maven.apache.org:443', 'repo1.maven.org:443'],
  },
  rubyGems: {
    what: 'RubyGems: the gems, and the index under the name that gem and Bundler use',
    source: 'https://github.com/ruby/ruby/blob/master/lib/bundler/fetcher/base.rb',
    asOf: '2026-11-28',
    lines: ['rubygems.org:443', 'index.rubygems.org:443'],
  },
  gitHubApi: {
    what: "GitHub's API, which all GitHub users share, as a check reports",
    source: 'https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api',
    asOf: '2026-11-28',
    lines: ['api.github.com:443'],
  },
} as const satisfies Readonly<Record<string, DestinationSet>>;
