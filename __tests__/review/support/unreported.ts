import type { Change } from '../../../review/difference/change';
import { plain } from '../../../review/phrase';
import type { Seen } from './prober';

const CHECKED_NOW = 'only TLS that names it goes on';

/**
 * Probes that changed and that no row of the review reports.
 *
 * @param isForeign whether a probe goes through a program other than the proxy, for which the model knows only the
 *   clients
 */
export function unreported(
  changes: readonly Change[],
  before: Seen,
  after: Seen,
  isForeign: (key: string) => boolean,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [had, has] = [before.get(key)?.reached ?? false, after.get(key)?.reached ?? false];
    if (had === has || changes.some((change) => tells(change, key, has, isForeign(key)))) return [];
    return [`${key}: ${has ? 'gained' : 'lost'}, and no row says so`];
  });
}

/** Whether a row is about what a probe tried. */
function tells(change: Change, key: string, isGain: boolean, isForeign: boolean): boolean {
  const { verdict, way, who, via = '', what, note = '' } = change;
  const [kind = '', from = '', to = '', target = ''] = key.split(',');
  // The row about what another program reaches is also about its clients.
  if (isForeign && way === 'direct' && who.map(lastPart).includes(to)) return verdict === (isGain ? 'opens' : 'closes');
  if (!who.map(lastPart).includes(from)) return false;
  if (kind === 'direct') return way === 'direct' && verdict === (isGain ? 'opens' : 'closes');
  if (kind === 'logs') return way === 'logs' && verdict === (isGain ? 'opens' : 'closes') && plain(what) === to;
  if (lastPart(via) !== to) return false;
  if (kind === 'policy' || kind === 'route') return way === kind && verdict === (isGain ? 'opens' : 'closes');
  if (isForeign && way === 'policy') return verdict === (isGain ? 'opens' : 'closes');
  // Another program, or a proxy that no longer requires credentials, can allow everything.
  if (verdict === 'unknown') return way === 'program' || way === 'proxy';
  if (way !== 'proxy' || verdict !== (isGain ? 'opens' : 'closes') || !names(plain(what), target)) return false;
  if (kind === 'tunnel') return !isGain || /\/tcp|^everything public/.test(plain(what));
  return plain(note) !== CHECKED_NOW;
}

/** Whether `.example.org:80,443/tcp but www.example.org` names `git.example.org:443`. */
function names(what: string, target: string): boolean {
  if (what.startsWith('everything public')) return true;
  const [host = '', port = ''] = target.split(':');
  const [, pattern = '', ports = '', but = ''] =
    /^(.+?):([0-9,-]+)(?:\/tcp)?(?: but (.+?))?(?: at .+?)?(?: for .+)?$/.exec(what) ?? [];
  const isNamed = (name: string): boolean =>
    name === 'any name' || name === host || (name.startsWith('.') && (host.endsWith(name) || name === `.${host}`));
  const isPort = ports.split(',').some((range) => {
    const [first = '', last = first] = range.split('-');
    return Number(first) <= Number(port) && Number(port) <= Number(last);
  });
  return isPort && isNamed(pattern) && !but.split(', ').some(isNamed);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
