import { registeredDomain } from '../../review/model/names';
import { Destination } from '../../constructs/values/destination';
import type { Row } from './traffic';
import { HOSTS_OF_A_DOMAIN } from '../limits';

/** What to do about a refusal: lines of TypeScript, narrowest first, or why there are none. */
interface Remedy {
  readonly code: readonly string[];
  readonly note?: string;
}

/** The note for a host that shouldn't be opened without another look. */
export const EXCEPTED = 'a domain of the list excepts this host on purpose';

/** The hosts that were, or would have been, refused because they aren't listed, and those that the list excepts. */
export interface Refused {
  /** By registered domain. */
  readonly notListed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly excepted: ReadonlyMap<string, ReadonlySet<string>>;
}

export function refusedIn(rows: readonly Pick<Row, 'rule' | 'host'>[]): Refused {
  const by = (rule: string): Map<string, Set<string>> => {
    const domains = new Map<string, Set<string>>();
    for (const { host: name } of rows.filter((row) => row.rule === rule)) {
      const domain = registeredDomain(name);
      if (domain !== undefined) domains.set(domain, (domains.get(domain) ?? new Set()).add(name));
    }
    return domains;
  };
  return { notListed: by('not-listed'), excepted: by('excepted') };
}

/** By the rule that refused. The name check has two remedies: the right name, or no check. */
const REMEDIES: Readonly<Record<string, (row: Row, refused: Refused) => Remedy>> = {
  'not-listed': (row, refused) => ({ code: [allowing(row, host(row)), ...domainOf(row, refused)] }),
  excepted: (row) => ({
    code: [allowing(row, host(row))],
    note: `${EXCEPTED}; to open it anyway:`,
  }),
  ended: () => ({
    code: [],
    note: "its entry has expired; if it is still needed, set a later day in its .until('YEAR-MONTH-DAY')",
  }),
  address: (row) => ({
    code: [],
    note: `the name resolves to a private address; if that is intended: ${host(row)}.within('RANGE')`,
  }),
  'tls-name': (row) =>
    row.tls.length > 0
      ? { code: [], note: `its tunnels hold TLS for ${row.tls.join(', ')}: the client must request that host itself` }
      : { code: [`${host(row)}.withoutNameCheck()`], note: 'its tunnels hold TLS that names no host' },
  'no-tls': (row) => ({
    code: [`${host(row)}.withoutNameCheck()`],
    note: 'its tunnels hold no TLS; only for protocols that do not begin with TLS',
  }),
  credentials: () => ({ code: [], note: 'wrong or missing credentials: bind the service NAME-egress-credentials' }),
  method: () => ({ code: [], note: 'the proxy does not support this method or scheme: use CONNECT for https' }),
  unsent: () => ({ code: [], note: 'it names the proxy in Via, or asks for a cached answer only: nothing was sent' }),
};

/**
 * @param refused all that were refused, for which a domain may be worth listing
 */
export function remedyFor(row: Row, refused: Refused): Remedy {
  const remedy = REMEDIES[row.rule];
  if (remedy === undefined) return { code: [] };
  try {
    Destination.host(row.host, row.port);
  } catch (error) {
    return { code: [], note: error instanceof Error ? error.message : String(error) };
  }
  return remedy(row, refused);
}

const host = ({ host: name, port }: Row): string => `Destination.host('${name}', ${port})`;

/** A client's own list is narrower than the list for all clients. */
function allowing({ client, named }: Row, destination: string): string {
  return named ? `${variable(client)}.useProxy(proxy, { allow: [${destination}] })` : addToAll(destination);
}

/** A suggestion never opens what the list excepts along with the rest of a domain. */
function domainOf(row: Row, { notListed, excepted }: Refused): string[] {
  const domain = registeredDomain(row.host);
  if (domain === undefined) return [];
  if ((notListed.get(domain)?.size ?? 0) < HOSTS_OF_A_DOMAIN) return [];
  const exceptions = [...(excepted.get(domain) ?? [])].map((name) => `'${name}'`);
  const but = exceptions.length === 0 ? '' : `.except(${exceptions.join(', ')})`;
  return [allowing(row, `Destination.domain('${domain}', ${row.port})${but}`)];
}

const addToAll = (destination: string): string => `proxy.allowDestinations(${destination})`;

/** `report-writer` is most likely `reportWriter` in the code. */
export const variable = (client: string): string =>
  client.replace(/[ ._-]+(.)/g, (_, letter: string) => letter.toUpperCase()).replace(/^(?=[0-9])/, '_');

/** A destination as TypeScript. */
export function code({ kind, name, ports, exceptions, nameCheck }: Destination): string {
  const but = exceptions.length === 0 ? '' : `.except(${exceptions.map((each) => `'${each}'`).join(', ')})`;
  return `Destination.${kind}('${name}', ${ports.join(', ')})${but}${nameCheck ? '' : '.withoutNameCheck()'}`;
}
