import type { Report, Row as ProbeRow } from '../../app/types';
import type { Cause } from './inconclusive';
import { BEHAVIOURS, type Row } from './row';

/** The application's own probes, from inside its space, as rows. */
export function rowsOf(report: Report): readonly Row[] {
  return report.probes.map((probe) => ({
    number: behaviourOf(probe),
    what: `app → ${probe.name}`,
    way: probe.way === 'proxy' ? 'proxy' : 'direct',
    expected: probe.expect,
    seen: probe.seen === 'reached' ? `reached, ${probe.detail}` : explain(probe),
    ...(probe.status !== null && { status: probe.status }),
    milliseconds: probe.milliseconds,
    ok: probe.ok,
    ...(probe.outcome === 'inconclusive' && { inconclusive: causeOf(probe) }),
  }));
}

/** An expected refusal needs no reason; everything else does. */
const explain = (probe: ProbeRow): string => (probe.ok ? probe.seen : `${probe.seen}: ${probe.detail}`);

const causeOf = ({ seen }: ProbeRow): Cause =>
  seen === 'not asked' ? 'application cannot ask' : 'resolver does not answer';

function behaviourOf(probe: ProbeRow): number {
  if (probe.kind === 'object') {
    return probe.way === 'proxy' ? BEHAVIOURS.objectThroughProxy : BEHAVIOURS.objectDirectly;
  }
  if (probe.way === 'direct') {
    return BEHAVIOURS.noWayOut;
  }
  if (probe.expect === 'reached') {
    return BEHAVIOURS.allowedSite;
  }
  const { hostname, port } = new URL(probe.target);
  if (port !== '') {
    return BEHAVIOURS.portNotListed;
  }
  return /^[\d.]+$/.test(hostname) || /^(private|metadata|loopback)\./.test(hostname)
    ? BEHAVIOURS.privateAddress
    : BEHAVIOURS.siteNotListed;
}
