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
      ...['collector', 'aws-api', 'insights-collector', 'log-api', 'metric-api', 'trace-api'],
      ...['infra-api', 'identity-api', 'infrastructure-command-api', 'mobile-collector', 'mobile-crash'],
    ]
      .map((host) => `gov-${host}.newrelic.com:443`)
      .concat('gov-otlp.nr-data.net:443,4317,4318'),
  },
  debian: {
    what: "Debian's packages and their security updates, as apt is told in Debian's images for containers",
    source: 'https://github.com/debuerreotype/debuerreotype/blob/master/scripts/debuerreotype-debian-sources-list',
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
    source: 'https://central.sonatype.org/consume/',
    asOf: '2026-11-28',
    lines: ['repo.maven.apache.org:443', 'repo1.maven.org:443'],
  },
  rubyGems: {
    what: 'RubyGems: the gems, and the index by the name that gem and Bundler have for it',
    source: 'https://github.com/ruby/ruby/blob/master/lib/bundler/fetcher/base.rb',
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
