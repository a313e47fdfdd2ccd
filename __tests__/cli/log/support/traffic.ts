import type { Entry } from '../../../../cli/log/line';
import { Traffic } from '../../../../cli/log/traffic';

export const ENTRY: Entry = {
  time: '2026-11-24T14:56:24.323Z',
  client: 'web',
  named: true,
  method: 'CONNECT',
  host: 'www.example.org',
  port: 443,
  verdict: 'allowed',
  rule: 'listed',
  received: 900,
  sent: 52_000,
};

export function trafficOf(...entries: readonly Partial<Entry>[]): Traffic {
  const traffic = new Traffic();
  for (const entry of entries) traffic.add({ ...ENTRY, ...entry });
  return traffic;
}
