/** How a probe leaves the application: straight to its target, or through the proxy that HTTPS_PROXY names. */
export type Way = 'direct' | 'proxy';

/** What a probe may be declared to end in. */
export type Expectation = 'reached' | 'refused' | 'refused by proxy';

/** What a probe was seen to end in; everything but an expectation is never "as expected". */
export type Seen =
  Expectation | 'timed out' | 'name not resolved' | 'resolver does not answer' | 'not asked' | 'failed';

/** What must be is, is not, or could not be told, which is neither of the other two. */
export type Outcome = 'as expected' | 'not as expected' | 'inconclusive';

interface ProbeBase {
  /** What the table calls it; unique. */
  readonly name: string;
  readonly way: Way;
  readonly expect: Expectation;
}

/** A GET of a web address. */
export interface UrlProbe extends ProbeBase {
  /** `http:` or `https:`, without credentials. */
  readonly url: string;
}

/** A signed GetObject on the bucket of the bound S3 service. */
export interface ObjectProbe extends ProbeBase {
  /** The object's key. */
  readonly s3: string;
}

/** One element of the JSON array in EGRESS_PROBES. */
export type Probe = UrlProbe | ObjectProbe;

/** What one attempt to reach something ended in. */
export interface Observation {
  readonly seen: Seen;
  /** The status line, the proxy's reason or the system's error, in one line. */
  readonly detail: string;
  /** The HTTP status, where something answered. */
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
  /** What to do where the outcome is inconclusive, else null. */
  readonly remedy: string | null;
  readonly milliseconds: number;
}

/** Who is asking: from VCAP_APPLICATION, null where it is not said. */
export interface Identity {
  readonly name: string | null;
  readonly space: string | null;
  readonly organization: string | null;
  readonly instance: number | null;
}

/** The answer of `/egress`; egress.schema.json says the same to programs. */
export interface Report {
  readonly app: Identity;
  readonly posture: string | null;
  /** Without credentials. */
  readonly proxy: string | null;
  /** Everything was as expected: no problems, at least one probe, and each of them ok. */
  readonly ok: boolean;
  /** Inconclusive without probes, and where a problem or a probe is and nothing is wrong. */
  readonly outcome: Outcome;
  /** What is wrong with the application's own environment. */
  readonly problems: readonly string[];
  /** When the probes ran (ISO 8601, UTC). */
  readonly at: string;
  readonly probes: readonly Row[];
}

/** The S3 credentials as cloud.gov's broker gives them; the fields that this application reads. */
export interface S3Credentials {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly region: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly insecure_skip_verify?: boolean;
}

/** Which proxy the environment names for which scheme, and the hosts that go without one. */
export interface ProxySettings {
  readonly http: URL | null;
  readonly https: URL | null;
  readonly noProxy: readonly string[];
}

/** All that the environment says, read once at start. */
export interface Settings {
  readonly port: number;
  readonly app: Identity;
  readonly posture: string | null;
  readonly proxy: ProxySettings;
  /** The name by which the S3 service is looked for. */
  readonly s3Service: string;
  /** Null where no such service is bound. */
  readonly s3: S3Credentials | null;
  readonly probes: readonly Probe[];
  readonly problems: readonly string[];
}
