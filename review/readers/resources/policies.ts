import { EVERY_PORT } from '../../model/rule-list';
import { OTHER_APPLICATION, SOME_APPLICATION, type Policy } from '../../model/facts';
import { fingerprint, sha256 } from '../../model/fingerprint';
import { Intervals } from '../../model/intervals';
import { remember } from '../../model/maps';
import type { Unknown } from '../../model/reach';
import { ports, PROTOCOLS, type Protocol } from '../../model/traffic';
import { canonical, isObject, listOf, Unresolved, type Resource, type Value } from '../values';
import { applicationId } from './applications';
import { label, originOf, unknown, unknownOf } from './labels';
import type { References } from './references';

/** With more candidates than this, a policy is printed as one for "an application". */
const MANY = 8;

/**
 * The protocols that a network policy opens. The platform accepts the first two today, and uses the first by default.
 */
const OPENS: ReadonlyMap<Value, readonly Protocol[]> = new Map<Value, readonly Protocol[]>([
  ['tcp', ['tcp']],
  ['udp', ['udp']],
  [null, ['tcp']],
  ['icmp', ['icmp']],
  ['all', PROTOCOLS],
]);

const SOME = { source: [SOME_APPLICATION], destination: [OTHER_APPLICATION] } as const;

export function policiesOf(references: References): Policy[] {
  const known = new Map<string, Ports>();
  const portsIn = (text: string): Ports => remember(known, text, () => portsOf(text));
  return references.all('cloudfoundry_network_policy').flatMap((resource) => {
    const { policies } = resource.values;
    const entries = policies instanceof Unresolved ? [policies] : listOf(policies);
    return entries.flatMap((entry): Policy[] => {
      if (isObject(entry)) return policy(references, entry, resource, portsIn);
      if (!(entry instanceof Unresolved)) return [];
      const any = { source: SOME_APPLICATION, destination: OTHER_APPLICATION, protocol: 'tcp' as const };
      const doubt = unknown(entry, `the policies of ${resource.address}`);
      return [{ ...any, ports: EVERY_PORT, unknown: doubt, origin: originOf(resource) }];
    });
  });
}

function policy(
  references: References,
  entry: Readonly<Record<string, Value>>,
  resource: Resource,
  portsIn: (text: string) => Ports,
): Policy[] {
  const { port, protocol, source_app: from, destination_app: to } = entry;
  const sources = ends(references, from, resource, 'source');
  const destinations = ends(references, to, resource, 'destination');
  const pairs = sources.flatMap((source) => destinations.map((destination) => ({ source, destination })));
  // If both ends may be several applications, the code names two different ones: nothing connects to itself.
  const apart = pairs.filter(({ source, destination }) => pairs.length === 1 || source !== destination);
  const open = apart.length > 1 || sources === SOME.source || destinations === SOME.destination;
  const { opens, doubtful } = protocolsOf(protocol);
  const said = typeof port === 'string' ? portsIn(port) : { ports: EVERY_PORT };
  const doubt =
    unknownOf([port, protocol, ...(open ? [from, to] : [])], 'the port of this policy', [port, protocol]) ??
    unknownOf(open ? [from, to] : [], `which applications ${resource.address} names`) ??
    doubtful ??
    said.doubtful;
  return apart.flatMap(({ source, destination }) =>
    opens.map((each) => ({
      source,
      destination,
      protocol: each,
      ports: hasPorts(each) ? said.ports : EVERY_PORT,
      unknown: doubt,
      origin: originOf(resource),
    })),
  );
}

/** The applications that an end of a policy may be. */
function ends(
  references: References,
  value: Value | undefined,
  resource: Resource,
  end: 'source' | 'destination',
): readonly string[] {
  if (!(value instanceof Unresolved)) {
    const [application] = references.find(value, resource);
    return [application === undefined ? label(value, resource, 'app') : applicationId(references, application)];
  }
  const found = references.find(value, resource).filter(({ type }) => type === 'cloudfoundry_app');
  return value.exact && found.length > 0 && found.length <= MANY
    ? found.map((application) => applicationId(references, application))
    : SOME[end];
}

/** Any protocol if the word is unknown. */
function protocolsOf(protocol: Value = null): { readonly opens: readonly Protocol[]; readonly doubtful?: Unknown } {
  const known = OPENS.get(protocol);
  if (known !== undefined) return { opens: known };
  if (protocol instanceof Unresolved) return { opens: ['tcp', 'udp'] };
  const word = fingerprint(canonical(protocol));
  return {
    opens: PROTOCOLS,
    doubtful: { token: `protocol ${word}`, because: `a protocol that is not known (${word})` },
  };
}

interface Ports {
  readonly ports: Intervals;
  readonly doubtful?: Unknown;
}

/** Every port if the text can't be read. It isn't repeated, because it may be anything. */
function portsOf(text: string): Ports {
  try {
    return { ports: ports(text) };
  } catch {
    const because = `ports that can't be read (${fingerprint(text)})`;
    return { ports: EVERY_PORT, doubtful: { token: `ports ${sha256(text)}`, because } };
  }
}

function hasPorts(protocol: Protocol): boolean {
  return protocol === 'tcp' || protocol === 'udp';
}
