import { METHODS, type EvidenceRecord, type Method } from './record';

export interface Window {
  readonly since: Date;
  readonly until: Date;
}

/** A time without a conclusive answer. */
export interface Gap {
  readonly from: Date;
  readonly to: Date;
}

/** How often a method ran, with which outcomes. */
export interface Runs {
  readonly method: Method;
  readonly expected: number;
  readonly differing: number;
  readonly inconclusive: number;
  /** The time between two answers, or from an end of the window to one; an inconclusive run ends no gap. */
  readonly gap: Gap;
}

/** From the first answer that wasn't as expected until one about the same subject that was. */
export interface Failure {
  readonly first: EvidenceRecord;
  readonly mended?: EvidenceRecord;
}

export interface History {
  readonly window: Window;
  readonly runs: readonly Runs[];
  readonly failures: readonly Failure[];
  readonly inconclusive: readonly EvidenceRecord[];
  readonly approvals: readonly EvidenceRecord[];
  /** Records that are dated after the end of the window. */
  readonly ahead: readonly EvidenceRecord[];
  readonly began?: Date;
}

export function historyOf(all: readonly EvidenceRecord[], window: Window): History {
  // A time that has not come yet is wrong: such a record must not count as what mended a failure.
  const records = all.filter((record) => time(record) <= window.until);
  const inWindow = records.filter((record) => isIn(window, record));
  const [first] = records;
  return {
    window,
    runs: METHODS.map((method) => runsOf(method, inWindow, window)),
    failures: failuresOf(records).filter(({ mended }) => mended === undefined || time(mended) >= window.since),
    inconclusive: inWindow.filter(({ outcome }) => outcome === 'inconclusive'),
    approvals: inWindow.filter(({ approvedBy = [] }) => approvedBy.length > 0),
    ahead: all.filter((record) => time(record) > window.until),
    ...(first !== undefined && { began: time(first) }),
  };
}

export const time = ({ time: at }: EvidenceRecord): Date => new Date(at);

function isIn({ since, until }: Window, record: EvidenceRecord): boolean {
  return time(record) >= since && time(record) <= until;
}

/** An approval isn't a run of a check. */
const isRun = ({ kind }: EvidenceRecord): boolean => kind !== 'approval';

function runsOf(method: Method, records: readonly EvidenceRecord[], window: Window): Runs {
  const all = records.filter((record) => isRun(record) && record.method === method);
  const count = (outcome: EvidenceRecord['outcome']): number => all.filter((one) => one.outcome === outcome).length;
  return {
    method,
    expected: count('as expected'),
    differing: count('not as expected'),
    inconclusive: count('inconclusive'),
    gap: longestGap(all.filter(isAnswer).map(time), window),
  };
}

const isAnswer = ({ outcome }: EvidenceRecord): boolean => outcome !== 'inconclusive';

/** For several methods, any of which ends a gap. */
export function gapOf(methods: readonly Method[], records: readonly EvidenceRecord[], window: Window): Gap {
  const answers = records.filter((one) => isIn(window, one) && isRun(one) && isAnswer(one));
  return longestGap(answers.filter(({ method }) => methods.includes(method)).map(time), window);
}

function longestGap(answers: readonly Date[], { since, until }: Window): Gap {
  const times = [since, ...[...answers].sort((a, b) => a.getTime() - b.getTime()), until];
  const gaps = times.slice(1).map((to, index): Gap => ({ from: times[index] ?? since, to }));
  return gaps.reduce((longest, gap) => (length(gap) > length(longest) ? gap : longest), { from: since, to: since });
}

const length = ({ from, to }: Gap): number => to.getTime() - from.getTime();

const DAY = 86_400_000;

export function daysOf(gap: Gap): number {
  return length(gap) / DAY;
}

/** By method and subject: one space's success fixes no other space. */
function failuresOf(records: readonly EvidenceRecord[]): readonly Failure[] {
  const open = new Map<string, EvidenceRecord>();
  const failures: Failure[] = [];
  for (const record of [...records].sort((a, b) => time(a).getTime() - time(b).getTime() || a.number - b.number)) {
    const about = JSON.stringify([record.method, record.subject]);
    const first = open.get(about);
    if (record.outcome === 'not as expected' && first === undefined) open.set(about, record);
    if (record.outcome !== 'as expected' || first === undefined) continue;
    failures.push({ first, mended: record });
    open.delete(about);
  }
  const pending = [...open.values()].map((first): Failure => ({ first }));
  return [...failures, ...pending].sort((a, b) => a.first.number - b.first.number);
}
