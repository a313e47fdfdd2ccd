import { LABEL } from '../cell/labels';
import { addressAt, type AddressRange, overlaps, parseCidr } from '../ipv4';
import { SECURITY_GROUP_MODES, type SecurityGroupMode, type Settings, type Subnet } from '../settings';

/** Names of a foundation's resources in the container engine, derived from its own. */
interface ResourceNames {
  readonly container: string;
  readonly volume: string;
  readonly overlay: string;
  readonly internet: string;
}

export const DEFAULT_NAME = 'local';

/** Stricter than Docker, since the name is also a label and a part of host names. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 30;

export function requireName(name: string): string {
  if (!NAME.test(name) || name.length > LONGEST) {
    throw new Error(
      `not a name for a foundation: ${JSON.stringify(name)}; use at most ${LONGEST} lower-case letters, digits and ` +
        'single hyphens, beginning with a letter',
    );
  }
  return name;
}

export function resourceNames(name: string): ResourceNames {
  const base = `space-egress-${requireName(name)}`;
  return { container: base, volume: base, overlay: `${base}-overlay`, internet: `${base}-internet` };
}

/** What is fixed when a foundation is created, since image references contain a port, and rules the subnets. */
export interface Plan {
  readonly ports: Settings['ports'];
  readonly overlay: Subnet;
  readonly internet: Subnet;
  readonly securityGroups: SecurityGroupMode;
}

/** Outside of 172.16.0.0/12 and 192.168.0.0/16, where the engine itself places networks. */
const OVERLAYS = Array.from({ length: 60 }, (_, index) => `10.255.${index * 4}.0/22`);
/** For machines in a company network that covers 10.0.0.0/8. */
const OTHER_OVERLAYS = Array.from({ length: 8 }, (_, index) => `172.31.${224 + index * 4}.0/22`);
/** The networks that RFC 5737 reserves for documentation: public to security groups, but used by nobody. */
const DOCUMENTATION = ['198.51.100', '203.0.113', '192.0.2'];
const parts = (prefix: number, starts: readonly number[]): string[] =>
  DOCUMENTATION.flatMap((net) => starts.map((first) => `${net}.${first}/${prefix}`));
/** Halves hold 95 instances; quarters, for when halves are partly taken, hold 31. */
const INTERNETS = [...parts(25, [0, 128]), ...parts(26, [0, 64, 128, 192])];

export const OVERLAY_CANDIDATES: readonly string[] = [...OVERLAYS, ...OTHER_OVERLAYS];
export const INTERNET_CANDIDATES: readonly string[] = INTERNETS;

/** The candidates that don't overlap `taken`, in order. */
export function freeSubnets(candidates: readonly string[], taken: readonly AddressRange[]): string[] {
  return candidates.filter((candidate) => !taken.some((range) => overlaps(range, parseCidr(candidate))));
}

export function subnet(network: string, cidr: string): Subnet {
  return { network, cidr, gateway: addressAt(cidr, 1) };
}

const WELL_KNOWN_PORT = 8700;
const FIRST_PORT = 20_000;
const PORTS = 4;
/** Keeps below the ports that systems use for outgoing connections. */
const RUNS = 3000;

/** A stable hash of a text: FNV-1a. */
function hash(text: string): number {
  return [...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 16_777_619) >>> 0, 2_166_136_261);
}

export function portsFrom(api: number): Plan['ports'] {
  return { api, router: api + 1, registry: api + 2, ssh: api + 3 };
}

/** The ports to try for a name, in order. The default name has only one choice, since people note its address. */
export function* portCandidates(name: string): Generator<Plan['ports']> {
  if (name === DEFAULT_NAME) {
    yield portsFrom(WELL_KNOWN_PORT);
    return;
  }
  const start = hash(name) % RUNS;
  for (let step = 0; step < RUNS; step += 1) yield portsFrom(FIRST_PORT + PORTS * ((start + step) % RUNS));
}

const PLAN_LABEL = {
  ports: 'space-egress.ports',
  overlay: 'space-egress.overlay',
  internet: 'space-egress.internet',
  securityGroups: 'space-egress.security-groups',
};

/** The labels of the volume, which store the plan. */
export function planLabels(name: string, { ports, overlay, internet, securityGroups }: Plan): Record<string, string> {
  return {
    [LABEL.foundation]: name,
    [LABEL.role]: 'foundation',
    [PLAN_LABEL.ports]: Object.values(ports).join(','),
    [PLAN_LABEL.overlay]: overlay.cidr,
    [PLAN_LABEL.internet]: internet.cidr,
    [PLAN_LABEL.securityGroups]: securityGroups,
  };
}

export function readPlan(name: string, labels: Readonly<Record<string, string | undefined>>): Plan {
  const names = resourceNames(name);
  const [api, router, registry, ssh] = (labels[PLAN_LABEL.ports] ?? '').split(',').map(Number);
  const overlay = labels[PLAN_LABEL.overlay];
  const internet = labels[PLAN_LABEL.internet];
  if (labels[LABEL.foundation] !== name || !api || !router || !registry || !overlay || !internet) {
    throw new Error(
      `volume ${names.volume} is in the way and does not belong to a foundation: remove it or choose another name`,
    );
  }
  return {
    // A foundation from before SSH was supported has three ports.
    ports: { api, router, registry, ...(ssh !== undefined && { ssh }) },
    overlay: subnet(names.overlay, overlay),
    internet: subnet(names.internet, internet),
    // A foundation from before this label has the mode that was fixed then.
    securityGroups: SECURITY_GROUP_MODES.find((mode) => mode === labels[PLAN_LABEL.securityGroups]) ?? 'dynamic',
  };
}

export function apiUrl({ api }: Plan['ports']): string {
  return `http://127.0.0.1:${api}`;
}
