import fc from 'fast-check';

/** A stack of the truth test, small enough to try all of its pairs. */
export interface World {
  readonly spaces: readonly (readonly Group[])[];
  readonly apps: readonly App[];
  readonly edges: readonly Edge[];
  /** A security group that this stack creates and another team's stack binds. */
  readonly group?: OwnGroup;
}

export interface OwnGroup {
  readonly opens: readonly (keyof typeof RULES)[];
  /** The spaces to which the other stack binds it. */
  readonly spaces: readonly number[];
}

export interface App {
  readonly space: number;
  /** The allowlist; only proxies have one. */
  readonly allow?: readonly string[];
  /** How another program replaces the proxy; that program allows everything that its space does. */
  readonly forwards?: (typeof PLACES)[number];
  /** Whether the proxy requires credentials, which no client has here. */
  readonly asks?: boolean;
  /** The paths of its public routes, below its name in the public domain. */
  readonly routes: readonly string[];
  /** The destination of its log, through a bound service. */
  readonly drain?: (typeof DRAINS)[number];
}

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly port: string;
}

/** The attributes that determine what an application runs. The sidecar listens on another port, next to the proxy. */
const PLACES = ['command', 'image', 'sidecar'] as const;
export const SIDECAR_PORT = 3129;

/** The rules of the group: the private targets, and a part of the public ones. */
export const RULES = {
  endpoint: { protocol: 'tcp', destination: '10.98.0.0/24', ports: '443' },
  brokered: { protocol: 'tcp', destination: '10.97.0.0/24', ports: '443' },
  private: { protocol: 'tcp', destination: '10.99.0.0/24', ports: '443' },
  public: { protocol: 'tcp', destination: '11.0.0.0-223.255.255.255', ports: '80,8443' },
} as const;

export const DRAINS = ['logs.example.com', 'logs.example.net'] as const;

export const GROUPS = ['public_networks_egress', 'trusted_local_networks_egress'] as const;
export type Group = (typeof GROUPS)[number];

const ENDPOINT = 'egress-demo.bucket.vpce-0e9re55.s3.us-gov-west-1.vpce.amazonaws.com';
const BROKERED = 'some-bucket.s3-fips.us-gov-west-1.amazonaws.com';

/** The targets that every application tries, directly and through every proxy. */
export const TARGETS: readonly (readonly [host: string, port: number])[] = [
  ['www.example.com', 443],
  ['www.example.com', 8443],
  ['www.example.org', 80],
  ['www.example.net', 443],
  ['private.example.org', 443],
  ['metadata.example.org', 80],
  [ENDPOINT, 443],
  [BROKERED, 443],
];

/** Each is used with and without the check of the name in a tunnel (`/tcp`). */
const LINES: readonly (readonly [place: string, rest?: string])[] = [
  ['www.example.com:443'],
  ['www.example.com:443,8443'],
  ['.example.org:80,443'],
  ['.example.org!www.example.org:80,443'],
  ['.example.net!.private.example.net:443'],
  ['www.example.net:443'],
  ['www.example.net:80', ' until 2199-12-31'],
  ['.example.org:8443', ' until 2020-01-01'],
  ['private.example.org:443', '@10.99.0.0/24'],
  ['metadata.example.org:80'],
  [`${ENDPOINT}:443`, '@10.98.0.0/24'],
  [`${ENDPOINT}:443`],
  [`${BROKERED}:443`, '@10.97.0.0/24'],
];
const UNCHECKED = '/tcp';

/** Without an end, with a distant end, and expired. */
const AUDITS = ['audit', 'audit until 2199-12-31', 'audit until 2020-01-01'];

/** Only a sidecar listens on 3129; 61443 is the platform's port with TLS in front of 8080. */
const PORTS = ['3128', '3000-3200', '3129', '8080', '61443'];
/** The paths that are requested at each application's public name; only some of them can have a route. */
export const PATHS = ['', '/deep'] as const;

const space = fc.subarray([...GROUPS]);
const allow = fc
  .tuple(
    fc.subarray([...LINES], { maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    fc.option(fc.constantFrom(...AUDITS), { freq: 2 }),
  )
  .map(([lines, unchecked, audit]) => [
    ...lines.map(([place, rest = ''], index) => `${place}${unchecked[index] === true ? UNCHECKED : ''}${rest}`),
    ...(audit === null ? [] : [audit]),
  ]);
const drain = fc.constantFrom(...DRAINS);
const opens = fc.subarray(Object.keys(RULES) as (keyof typeof RULES)[], { minLength: 1 });
const app = (spaces: number): fc.Arbitrary<App> =>
  fc.record({
    space: fc.nat({ max: spaces - 1 }),
    routes: fc.subarray([...PATHS]),
    allow: fc.option(allow, { nil: undefined }),
    forwards: fc.option(fc.constantFrom(...PLACES), { nil: undefined, freq: 8 }),
    asks: fc.option(fc.constant(true), { nil: undefined, freq: 4 }),
    drain: fc.option(drain, { nil: undefined, freq: 3 }),
  });
const edge = (apps: number): fc.Arbitrary<Edge> =>
  fc.record({ from: fc.nat({ max: apps - 1 }), to: fc.nat({ max: apps - 1 }), port: fc.constantFrom(...PORTS) });

const world: fc.Arbitrary<World> = fc.array(space, { minLength: 1, maxLength: 3 }).chain((spaces) =>
  fc.array(app(spaces.length), { minLength: 2, maxLength: 3 }).chain((apps) =>
    fc.record({
      spaces: fc.constant(spaces),
      apps: fc.constant(apps),
      edges: edges(apps.length),
      group: fc.option(ownGroup(spaces.length), { nil: undefined, freq: 2 }),
    }),
  ),
);

function ownGroup(spaces: number): fc.Arbitrary<OwnGroup> {
  const places = Array.from({ length: spaces }, (_, index) => index);
  return fc.record({ opens, spaces: fc.subarray(places, { minLength: 1 }) });
}

function edges(apps: number): fc.Arbitrary<Edge[]> {
  return fc.uniqueArray(edge(apps), {
    maxLength: 4,
    selector: ({ from, to, port }) => `${from} ${to} ${port}`,
  });
}

/** A world before and after a pull request that changes one thing. */
export const change: fc.Arbitrary<readonly [before: World, after: World]> = world.chain((before) => {
  const at = <T>(all: readonly T[], index: number, one: T): T[] =>
    all.map((old, place) => (place === index ? one : old));
  const place = (all: readonly unknown[]): fc.Arbitrary<number> => fc.nat({ max: all.length - 1 });
  /** Changes one of the applications. */
  const inApp = <T>(value: fc.Arbitrary<T>, step: (old: App, value: T) => App): fc.Arbitrary<World> =>
    fc.tuple(place(before.apps), value).map(([index, one]) => {
      const old = before.apps[index];
      return { ...before, apps: old === undefined ? before.apps : at(before.apps, index, step(old, one)) };
    });
  const { group } = before;
  const changes = {
    posture: fc
      .tuple(place(before.spaces), space)
      .map(([index, groups]) => ({ ...before, spaces: at(before.spaces, index, groups) })),
    list: inApp(allow, (old, lines) => (old.allow === undefined ? old : { ...old, allow: lines })),
    check: inApp(fc.nat({ max: 4 }), withOtherCheck),
    routes: inApp(fc.subarray([...PATHS]), (old, routes) => ({ ...old, routes })),
    // The provider can't remove a command: its apply fails.
    program: inApp(fc.constantFrom(...PLACES, undefined), (old, forwards) =>
      old.forwards === 'command' ? old : { ...old, forwards },
    ),
    credentials: inApp(fc.constant(true), (old) => ({ ...old, asks: old.asks === true ? undefined : true })),
    drain: inApp(fc.option(drain, { nil: undefined }), (old, to) => ({ ...old, drain: to })),
    policies: edges(before.apps.length).map((some) => ({ ...before, edges: some })),
    rules: opens.map((rules) => ({ ...before, ...(group !== undefined && { group: { ...group, opens: rules } }) })),
    another: app(before.spaces.length).map((more) => ({ ...before, apps: [...before.apps, more] })),
    fewer: fc.constant({
      ...before,
      apps: before.apps.slice(0, -1),
      edges: before.edges.filter(({ from, to }) => Math.max(from, to) < before.apps.length - 1),
    }),
  };
  return fc.oneof(...Object.values(changes)).map((after) => [before, after] as const);
});

/** Turns the check of the name in tunnels on or off for one destination. */
function withOtherCheck(old: App, place: number): App {
  const { allow: lines = [] } = old;
  const turned = (line: string): string =>
    line.includes(UNCHECKED) ? line.replace(UNCHECKED, '') : line.replace(/(:[0-9,]+)/, `$1${UNCHECKED}`);
  const index = place % Math.max(1, lines.length);
  return { ...old, ...(old.allow && { allow: lines.map((line, at) => (at === index ? turned(line) : line)) }) };
}

/** A client and a proxy that lists one host. */
const pairOf = (more: Partial<App>, port = '3128'): World => ({
  spaces: [[], ['public_networks_egress']],
  apps: [
    { space: 0, routes: [] },
    { space: 1, routes: [], allow: ['www.example.com:443/tcp'], ...more },
  ],
  edges: [{ from: 0, to: 1, port }],
});

/** An adversary's changes: the list of a proxy stays the same, but what is behind the list changes. */
export const ADVERSARY: readonly (readonly [before: World, after: World])[] = [
  ...PLACES.map((forwards) => {
    const port = forwards === 'sidecar' ? String(SIDECAR_PORT) : '3128';
    return [pairOf({}, port), pairOf({ forwards }, port)] as const;
  }),
  [pairOf({ asks: true }), pairOf({})],
  [pairOf({ allow: ['www.example.com:443'] }), pairOf({})],
  [
    { ...pairOf({ drain: 'logs.example.com' }), group: { opens: ['endpoint'], spaces: [0] } },
    {
      ...pairOf({ drain: 'logs.example.net' }),
      group: { opens: ['endpoint', 'public'], spaces: [0] },
    },
  ],
];

export const spaceName = (stack: number, index: number): string => `truth-${stack}-s${index}`;
export const appName = (stack: number, index: number): string => `truth-${stack}-a${index}`;
export const groupName = (stack: number): string => `truth-${stack}-g`;
