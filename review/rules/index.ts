import type { Origin } from '../model/facts';
import type { Model } from '../model/model';
import { say, type Text } from '../phrase';
import { clientDirectEgress, edgeUnused, noProxyWide, sshOn } from './clients';
import {
  allowlistCovered,
  allowlistPublicSuffix,
  allowlistSharedHost,
  allowlistUnreadable,
  destinationAddress,
  destinationAnyProtocol,
  destinationEnd,
  destinationPrivateRange,
  exceptionListed,
} from './destinations';
import {
  allowlistUnknown,
  auditMode,
  denialSpelling,
  proxyOpen,
  proxyPublicRoute,
  proxySharesSpace,
  proxyWithoutInternet,
} from './proxies';
import { groupGlobal, spaceEgressUnclaimed, stagingPublic } from './spaces';

/** All checks, in the order of their documentation. */
export const RULES: readonly Rule[] = [
  clientDirectEgress,
  proxyWithoutInternet,
  proxySharesSpace,
  proxyPublicRoute,
  auditMode,
  proxyOpen,
  denialSpelling,
  allowlistPublicSuffix,
  allowlistSharedHost,
  allowlistCovered,
  exceptionListed,
  allowlistUnreadable,
  allowlistUnknown,
  destinationAddress,
  destinationAnyProtocol,
  destinationPrivateRange,
  destinationEnd,
  edgeUnused,
  noProxyWide,
  sshOn,
  spaceEgressUnclaimed,
  groupGlobal,
  stagingPublic,
];

export interface Finding extends Observation {
  readonly rule: string;
  readonly why: string;
}

const ORDER: Readonly<Record<Level, number>> = { error: 0, warning: 1, unknown: 2, info: 3 };

/**
 * The findings of the checks about a model, most severe first. A check that fails to run is a finding too, never a
 * pass.
 */
export function findingsOf(model: Model, rules: readonly Rule[] = RULES): Finding[] {
  return rules
    .flatMap((rule) => [...checked(rule, model)].map((found) => ({ ...found, rule: rule.id, why: rule.why })))
    .sort((a, b) => ORDER[a.level] - ORDER[b.level]);
}

/** Findings of a check with the same wording, such as for two ports of a policy, become one. */
function checked(rule: Rule, model: Model): readonly Observation[] {
  try {
    const found = [...rule.check(model)].map((one) => [JSON.stringify({ ...one, origin: '' }), one] as const);
    // Keep the first of equal ones.
    return [...new Map(found.reverse()).values()].reverse();
  } catch (error) {
    const message = say`the check could not be run: ${error instanceof Error ? error.message : String(error)}`;
    return [{ level: 'unknown', subject: rule.id, message }];
  }
}

/** `rule` or `rule[detail]`: what an acknowledgement of this one finding refers to. */
export function findingId({ rule, detail }: Finding): string {
  return detail === undefined ? rule : `${rule}[${detail}]`;
}

/** A reason that the code gives for a finding. */
interface Acknowledgement {
  /** Id of a rule or of a single finding. */
  readonly rule: string;
  /** Path of a construct; applies to it and everything below it. */
  readonly path: string;
  readonly reason: string;
}

export interface Sorted {
  readonly open: readonly Finding[];
  readonly acknowledged: readonly (Finding & { readonly reason: string })[];
}

/** Separates the findings that the code acknowledges. */
export function acknowledge(findings: readonly Finding[], acknowledgements: readonly Acknowledgement[]): Sorted {
  const open: Finding[] = [];
  const acknowledged: (Finding & { reason: string })[] = [];
  for (const finding of findings) {
    const found = acknowledgements.find((each) => covers(each, finding));
    if (found === undefined) open.push(finding);
    else acknowledged.push({ ...finding, reason: found.reason });
  }
  return { open, acknowledged };
}

function covers({ rule, path }: Acknowledgement, finding: Finding): boolean {
  const named = rule === finding.rule || rule === findingId(finding);
  return named && acknowledgeable(finding.rule) && within(finding.origin, path);
}

function within(origin: Origin | undefined, path: string): boolean {
  return origin?.path === path || origin?.path?.startsWith(`${path}/`) === true;
}

/** Whether the rule may be acknowledged. */
export function acknowledgeable(rule: string): boolean {
  return RULES.find(({ id }) => id === rule)?.acknowledgeable === true;
}

/** `unknown` means that the rule couldn't decide; it never counts as passed. */
export type Level = 'error' | 'warning' | 'unknown' | 'info';

/** One finding of a rule about one thing. */
export interface Observation {
  readonly level: Level;
  /** Id of the application or space, or name of the group. */
  readonly subject: string;
  /** Distinguishes several findings of one rule about the same subject. */
  readonly detail?: string;
  readonly message: Text;
  readonly origin?: Origin;
}

/**
 * A check as a pure function of the model, the same at synth and for a plan. Its id is public API, because
 * acknowledgements refer to it.
 */
export interface Rule {
  readonly id: string;
  /** What is wrong. */
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  /** Whether the code may accept the finding, with a reason. */
  readonly acknowledgeable: boolean;
  readonly check: (model: Model) => Iterable<Observation>;
}
