import type { Answer } from '../model/reach';
import type { Protocol } from '../model/traffic';
import type { Outcome } from '../outcome';
import type { Unseen } from './unseen';

/** Grows with every change of the form that is not an addition. The form is review/organization/audit.schema.json. */
export const VERSION = 1;

/** What `space-egress audit --org` found. */
export interface OrganizationAudit {
  readonly version: typeof VERSION;
  readonly kind: 'organization';
  readonly organization: string;
  readonly account?: string;
  /** When it was read, as in 2026-12-31T10:00:00.000Z. */
  readonly at: string;
  /** Absent where everything was read and there is no baseline: a list that is compared with nothing has no outcome. */
  readonly outcome?: Outcome;
  readonly counts: Readonly<Record<Internet, number>>;
  readonly spaces: readonly SpaceAudit[];
  readonly applications: readonly ApplicationAudit[];
  readonly policies: readonly PolicyAudit[];
  readonly groups: readonly GroupAudit[];
  readonly observations: readonly Observation[];
  readonly unseen: readonly Unseen[];
  /** What is different from the last run. */
  readonly baseline?: Baseline;
  /** What a later run compares with: no secrets are in it. */
  readonly record: readonly RecordedResource[];
}

/** How an application gets to the internet; names are resolved everywhere, which is not counted. */
export type Internet = 'directly' | 'through a proxy' | 'perhaps' | 'no';

export interface SpaceAudit {
  /** `org/space` */
  readonly id: string;
  readonly running: StageAudit;
  readonly staging: StageAudit;
  readonly ssh: Answer;
  /** Whether network policies of its applications show to the account. */
  readonly policiesSeen: boolean;
}

export interface StageAudit {
  readonly groups: readonly string[];
  /** What the groups open together, as `10.97.0.0/24 on tcp 443`. */
  readonly opens: readonly string[];
  /** Why more may be open. */
  readonly unknown: readonly string[];
  /** Whether the internet is open beside DNS. */
  readonly internet: Answer;
}

export interface ApplicationAudit {
  /** `org/space/application` */
  readonly id: string;
  readonly space: string;
  readonly kind: 'application' | 'proxy' | 'forwarder' | 'perhaps a proxy';
  readonly lifecycle: string;
  readonly stopped: boolean;
  /** Set for one of another organization or of a space that was not read: nothing but its name is known. */
  readonly elsewhere?: true;
  readonly internet: Internet;
  readonly proxies: readonly Through[];
  /** Of a proxy: what it lets through, to one client or another. */
  readonly lets: readonly string[];
  /** Applications that it may connect to, which reach more than it does and may fetch what it asks for. */
  readonly mayForward: readonly string[];
  /** Public routes that lead to it. */
  readonly routes: readonly string[];
  readonly internalRoutes: readonly string[];
  /** Whether space developers may open a shell in it. */
  readonly ssh: Answer;
}

/** By one proxy. */
export interface Through {
  readonly proxy: string;
  readonly reaches: readonly string[];
  /** What it may reach, or why that is not known. */
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
  /** When the last run was. */
  readonly at: string;
  readonly opens: readonly ChangedRow[];
  readonly closes: readonly ChangedRow[];
  readonly unknown: readonly ChangedRow[];
}

/** One thing that some can reach now and could not before, or the reverse. */
export interface ChangedRow {
  readonly way: string;
  readonly who: readonly string[];
  readonly what: string;
  readonly via?: string;
  readonly note?: string;
  /** The whole, as a sentence. */
  readonly says: string;
}

/** A resource in the form of the provider; what was not read stands as `{ "unread": reason, "token": ... }`. */
export interface RecordedResource {
  readonly type: string;
  readonly address: string;
  readonly managed: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}
