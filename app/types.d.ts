/** How a probe leaves the application: directly to its target, or through the proxy that HTTPS_PROXY names. */
export type Way = 'direct' | 'proxy';

/** The results that a probe can expect. */
export type Expectation = 'reached' | 'refused' | 'refused by proxy';

/** The results that a probe can have. Those that it can't expect are never "as expected". */
export type Seen =
  Expectation | 'timed out' | 'name not resolved' | 'resolver does not answer' | 'not asked' | 'failed';

/** The result is as expected, isn't, or couldn't be determined, which is neither of the other two. */
export type Outcome = 'as expected' | 'not as expected' | 'inconclusive';

interface ProbeBase {
  /** Its name in the table; unique. */
  readonly name: string;
  readonly way: Way;
  readonly expect: Expectation;
}

/** A GET request for a URL. */
export interface UrlProbe extends ProbeBase {
  /** `http:` or `https:`, without credentials. */
  readonly url: string;
}

/** A signed GetObject request to the bucket of the bound S3 service. */
export interface ObjectProbe extends ProbeBase {
  /** The object's key. */
  readonly s3: string;
}

/** One element of the JSON array in EGRESS_PROBES. */
export type Probe = UrlProbe | ObjectProbe;

/** The result of one attempt to reach something. */
export interface Observation {
  readonly seen: Seen;
  /** The status line, the proxy's reason, or the system's error, in one line. */
  readonly detail: string;
  /** The HTTP status, if there was an answer. */
  readonly status: number | null;
}

/** One row of the table. */
export interface Row extends Observation {
  readonly name: string;
  readonly kind: 'site' | 'object';
  readonly target: string;
  readonly way: Way;
  readonly expect: Expectation;
  /** The outcome is "as expected". */
  readonly ok: boolean;
  readonly outcome: Outcome;
  /** What to do if the outcome is inconclusive; otherwise null. */
  readonly remedy: string | null;
  readonly milliseconds: number;
}

/** This application, from VCAP_APPLICATION; null for fields that aren't there. */
export interface Identity {
  readonly name: string | null;
  readonly space: string | null;
  readonly organization: string | null;
  readonly instance: number | null;
}

/** The answer of `/egress`; egress.schema.json is its schema. */
export interface Report {
  readonly app: Identity;
  readonly posture: string | null;
  /** Without credentials. */
  readonly proxy: string | null;
  /** Whether everything is as expected: no problems, and at least one probe, all of them ok. */
  readonly ok: boolean;
  /** Inconclusive without probes, or if nothing is wrong but there is a problem or an inconclusive probe. */
  readonly outcome: Outcome;
  /** What is wrong with the application's own environment. */
  readonly problems: readonly string[];
  /** When the probes ran (ISO 8601, UTC). */
  readonly at: string;
  readonly probes: readonly Row[];
}

/** The S3 credentials in the form of cloud.gov's broker; only the fields that this application reads. */
export interface S3Credentials {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly region: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly insecure_skip_verify?: boolean;
}

/** The proxy for each scheme, and the hosts that bypass it, from the environment. */
export interface ProxySettings {
  readonly http: URL | null;
  readonly https: URL | null;
  readonly noProxy: readonly string[];
}

/** All settings from the environment, read once at start. */
export interface Settings {
  readonly port: number;
  readonly app: Identity;
  readonly posture: string | null;
  readonly proxy: ProxySettings;
  /** The name of the S3 service to look for. */
  readonly s3Service: string;
  /** Null if no such service is bound. */
  readonly s3: S3Credentials | null;
  readonly probes: readonly Probe[];
  readonly problems: readonly string[];
}
