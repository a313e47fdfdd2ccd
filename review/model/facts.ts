import type { Audit } from '../../constructs/values/allowlist';
import type { Destination } from '../../constructs/values/destination';
import type { Intervals } from './intervals';
import type { Answer, Reach, Unknown } from './reach';
import type { RuleList } from './rule-list';
import type { Protocol } from './traffic';

/** Where in the input a fact was found. */
export interface Origin {
  readonly stack: string;
  /** The resource's address, as the engine writes it: `cloudfoundry_app.Web_1A2B3C4D`. */
  readonly address: string;
  /** The path of the construct, if the program that wrote the stack is known. */
  readonly path?: string;
}

/** The path of the construct that holds the resource, which readers of the program recognize. */
export function placeOf({ address, path }: Origin): string {
  return path?.replace(/\/(?:Resource|Default)$/, '') ?? address;
}

/** Keeps addresses of different stacks apart. */
export function placeIn({ stack, address }: Pick<Origin, 'stack' | 'address'> = { stack: '', address: '' }): string {
  return `${stack} ${address}`;
}

/** The name in an id, which may be one of a space or of an application. */
export function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

export interface Space {
  /** `org/space`, which stays the same when the resource is recreated. */
  readonly id: string;
  readonly name: string;
  /** Whether the code creates it. The code doesn't show which groups others bind to a space that it only refers to. */
  readonly owned: boolean;
  /** Groups that the code claims are bound to a space that it doesn't own. */
  readonly claim?: readonly string[];
  /** Whether developers may open a shell where an application allows it. */
  readonly ssh?: Answer;
  readonly origin?: Origin;
}

export interface SecurityGroup {
  readonly name: string;
  readonly reach: Reach;
  /** Whether the group is bound to every space, for running applications and for staging. */
  readonly global: Readonly<Record<Stage, Answer>>;
  /** Whether all spaces that others bind to it are known, because a plan reads them back. @default false */
  readonly bindersKnown?: boolean;
  readonly owned: boolean;
  readonly origin?: Origin;
}

export type Stage = 'running' | 'staging';

export interface Binding {
  readonly group: string;
  readonly space: string;
  readonly stage: Stage;
  /** Set if it isn't certain that this space is bound. */
  readonly unknown?: Unknown;
  readonly origin: Origin;
}

export type Variable = string | Unknown;

export interface Application {
  /** `org/space/application`, which stays the same when the resource is recreated. */
  readonly id: string;
  readonly name: string;
  readonly space: string;
  readonly owned: boolean;
  readonly lifecycle: 'docker' | 'buildpack' | 'unknown';
  readonly ssh: Answer;
  readonly environment: ReadonlyMap<string, Variable>;
  /** Undefined for an application that others push. */
  readonly program?: Program;
  /** Set only for a proxy. */
  readonly allowlist?: AllowlistFacts;
  readonly origin?: Origin;
}

/** What an application runs. Two programs with equal parts do the same. */
export interface Program {
  /** Undefined if a buildpack builds the application from files. */
  readonly image?: Variable;
  /** Hash of what the code itself builds and pushes under the image's name. */
  readonly content?: string;
  /** Everything else, by name (`command`, `sidecar agent`): the text itself or something that stands for it. */
  readonly parts: ReadonlyMap<string, string>;
}

export interface AllowlistFacts {
  readonly lines: readonly AllowlistLine[];
  /** What Caddy's forwardproxy has instead of lines. @default none */
  readonly lists?: readonly RuleList[];
  readonly unknown: readonly Unknown[];
  /** What holds requests back besides lines and lists, as far as is known. Removing it may open something. */
  readonly restraints?: readonly Unknown[];
  /** Whose passwords the proxy accepts; unset if it asks for none or this isn't known. */
  readonly credentials?: Credentials;
  /** Names of the variables that were read, including those that make no difference. */
  readonly variables?: ReadonlySet<string>;
  /** Set for a forwarder, which sends every connection to one host over TCP. */
  readonly forwards?: true;
  /** Where the proxy may listen. @default - where this project's image does */
  readonly ports?: Intervals;
  /** Where it serves its metrics, which lead nowhere. @default - nowhere */
  readonly metrics?: Intervals;
}

export interface Credentials {
  /** The clients' names, as the proxy knows them. */
  readonly clients: ReadonlySet<string>;
  /** Credentials that couldn't be read and may be anybody's. */
  readonly unknown: readonly Unknown[];
}

export interface AllowlistLine {
  readonly text: string;
  /** The proxy's name for the one client that the line is for; unset for a line for all clients. */
  readonly client?: string;
  /** Unset if the line is something else, or if the proxy can't parse it either and refuses to start. */
  readonly destination?: Destination;
  /** Set if only a service's credentials tell the host: the most that the line can open. */
  readonly late?: Unknown;
  /** Set for a line that expires: the last day on which it opens anything. */
  readonly end?: string;
  /** Set for the line that puts the list in audit mode. */
  readonly audit?: Audit;
  readonly error?: string;
}

/** Placeholder ids for applications that a plan doesn't identify. */
export const SOME_APPLICATION = 'an application';
export const OTHER_APPLICATION = 'another application';

export interface Policy {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  /** All ports if the protocol has none. */
  readonly ports: Intervals;
  readonly unknown?: Unknown;
  readonly origin: Origin;
}

export interface Route {
  readonly url: string;
  /** Whether only applications can reach it. */
  readonly internal: Answer;
  readonly applications: readonly string[];
  /** Other applications that it may lead to; which of them isn't known. */
  readonly possible?: readonly string[];
  /** Stands for whatever determines which of them. */
  readonly token?: string;
  readonly origin: Origin;
}

/** What the code grants besides reach: a role, or a destination of logs and requests. */
export interface Grant {
  readonly way: 'role' | 'logs' | 'service';
  readonly who: string;
  readonly what: string;
  readonly via?: string;
  readonly certain: boolean;
  /** Stands for a value that isn't shown; a change prints only a hash of it. */
  readonly token?: string;
  readonly origin: Origin;
}

export interface ServiceInstance {
  /** `org/space/service` */
  readonly id: string;
  readonly name: string;
  /** The marketplace's name for it; unset if it is user-provided or the code doesn't tell. */
  readonly offering?: string;
  readonly origin: Origin;
}

/** What a plan, a synthesized tree or a live foundation says, in one form. */
export interface Facts {
  readonly spaces: readonly Space[];
  readonly groups: readonly SecurityGroup[];
  readonly bindings: readonly Binding[];
  readonly applications: readonly Application[];
  readonly policies: readonly Policy[];
  readonly routes: readonly Route[];
  /** @default none */
  readonly grants?: readonly Grant[];
  /** @default none */
  readonly services?: readonly ServiceInstance[];
}

export function joinFacts(...parts: readonly Facts[]): Facts {
  return {
    spaces: parts.flatMap(({ spaces }) => spaces),
    groups: parts.flatMap(({ groups }) => groups),
    bindings: parts.flatMap(({ bindings }) => bindings),
    applications: parts.flatMap(({ applications }) => applications),
    policies: parts.flatMap(({ policies }) => policies),
    routes: parts.flatMap(({ routes }) => routes),
    grants: parts.flatMap(({ grants = [] }) => grants),
    services: parts.flatMap(({ services = [] }) => services),
  };
}
