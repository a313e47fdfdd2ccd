import type { Answer } from '../model/reach';
import type { Protocol } from '../model/traffic';

/**
 * Increases with every change of the format that isn't an addition. The format is
 * review/organization/audit.schema.json.
 */
export const VERSION = 1;

/** The result of `space-egress audit --org`. */
export interface OrganizationAudit {
  readonly version: typeof VERSION;
  readonly kind: 'organization';
  readonly organization: string;
  readonly account?: string;
  /** When it was read, as in 2026-12-31T10:00:00.000Z. */
  readonly at: string;
  /** Absent if everything was read and there is no baseline: without a comparison, there is no outcome. */
  readonly outcome?: Outcome;
  readonly counts: Readonly<Record<Internet, number>>;
  readonly spaces: readonly SpaceAudit[];
  readonly applications: readonly ApplicationAudit[];
  readonly policies: readonly PolicyAudit[];
  readonly groups: readonly GroupAudit[];
  readonly observations: readonly Observation[];
  readonly unseen: readonly Unseen[];
  /** What has changed since the baseline. */
  readonly baseline?: Baseline;
  /** What a later run compares with; contains no secrets. */
  readonly record: readonly RecordedResource[];
}

/** How an application reaches the internet. DNS doesn't count, because names resolve everywhere. */
export type Internet = 'directly' | 'through a proxy' | 'perhaps' | 'no';

export interface SpaceAudit {
  /** `org/space` */
  readonly id: string;
  readonly running: StageAudit;
  readonly staging: StageAudit;
  readonly ssh: Answer;
  /** Whether the account can see the network policies of its applications. */
  readonly policiesSeen: boolean;
}

export interface StageAudit {
  readonly groups: readonly string[];
  /** What the groups open together, as `10.97.0.0/24 on tcp 443`. */
  readonly opens: readonly string[];
  /** Why more may be open. */
  readonly unknown: readonly string[];
  /** Whether the internet is open, apart from DNS. */
  readonly internet: Answer;
}

export interface ApplicationAudit {
  /** `org/space/application` */
  readonly id: string;
  readonly space: string;
  readonly kind: 'application' | 'proxy' | 'forwarder' | 'perhaps a proxy';
  readonly lifecycle: string;
  readonly stopped: boolean;
  /** Set for an application of another organization or of a space that wasn't read: only its name is known. */
  readonly elsewhere?: true;
  readonly internet: Internet;
  readonly proxies: readonly Through[];
  /** For a proxy: what it lets through to any of its clients. */
  readonly lets: readonly string[];
  /** Applications that it may connect to and that reach more, so that they may fetch what it requests. */
  readonly mayForward: readonly string[];
  /** Public routes that lead to it. */
  readonly routes: readonly string[];
  readonly internalRoutes: readonly string[];
  /** Whether space developers may open a shell in it. */
  readonly ssh: Answer;
}

/** What it reaches through one proxy. */
export interface Through {
  readonly proxy: string;
  readonly reaches: readonly string[];
  /** What it may reach, or why that isn't known. */
  readonly perhaps: readonly string[];
}

export interface PolicyAudit {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  readonly ports: string;
}

export interface GroupAudit {
  readonly name: string;
  readonly opens: readonly string[];
  readonly unknown: readonly string[];
  readonly everywhere: { readonly running: Answer; readonly staging: Answer };
  /** Spaces of the organization that it is bound to. */
  readonly running: readonly string[];
  readonly staging: readonly string[];
}

export interface Observation {
  readonly kind: string;
  /** Id of the application or space, or name of the group. */
  readonly subject: string;
  readonly message: string;
}

export interface Baseline {
  /** When the baseline was read. */
  readonly at: string;
  readonly opens: readonly ChangedRow[];
  readonly closes: readonly ChangedRow[];
  readonly unknown: readonly ChangedRow[];
}

/** Something that some applications can reach now and couldn't before, or the reverse. */
export interface ChangedRow {
  readonly way: string;
  readonly who: readonly string[];
  readonly what: string;
  readonly via?: string;
  readonly note?: string;
  /** The whole row as a sentence. */
  readonly says: string;
}

/** A resource in the provider's form; a value that wasn't read is `{ "unread": reason, "token": ... }`. */
export interface RecordedResource {
  readonly type: string;
  readonly address: string;
  readonly managed: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a reader couldn't see on a platform, so that nothing is said about it. */
export interface Unseen {
  readonly kind: 'spaces' | 'policies' | 'variables' | 'ssh';
  /** Ids of the spaces or applications that it concerns; empty if the account knows no name for them. */
  readonly of: readonly string[];
  readonly because: string;
  readonly remedy: string;
}

/** The outcome of a check: it holds, it doesn't, or it couldn't be determined, which counts as neither. */
export const OUTCOMES = ['as expected', 'not as expected', 'inconclusive'] as const;
export type Outcome = (typeof OUTCOMES)[number];
