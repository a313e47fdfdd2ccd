import type { Audit } from '../../constructs/values/audit';
import type { Destination } from '../../constructs/values/destination';
import type { Intervals } from './intervals';
import type { Answer, Reach, Unknown } from './reach';
import type { RuleList } from './rule-list';
import type { Protocol } from './traffic';

/** Where a fact was read. */
export interface Origin {
  readonly stack: string;
  /** As the engine writes it: `cloudfoundry_app.Web_1A2B3C4D`. */
  readonly address: string;
  /** Of the construct, where the program that wrote the stack is known. */
  readonly path?: string;
}

/** The construct's path without the resource in it, which readers of the program do not know. */
export function placeOf({ address, path }: Origin): string {
  return path?.replace(/\/(?:Resource|Default)$/, '') ?? address;
}

export interface Space {
  /** `org/space`: stays the same when the resource is made anew. */
  readonly id: string;
  readonly name: string;
  /** Made by the code. Groups that others bind to a space that is only referred to are not in the code. */
  readonly owned: boolean;
  /** Groups that the code says are bound to a space it does not own. */
  readonly claim?: readonly string[];
  /** Whether developers may open a shell where an application allows it. */
  readonly ssh?: Answer;
  readonly origin?: Origin;
}

export interface SecurityGroup {
  readonly name: string;
  readonly reach: Reach;
  /** Bound to every space, for running applications and for staging. */
  readonly global: Readonly<Record<Stage, Answer>>;
  /** Whether it is known which spaces others bind to it, as a plan reads it back. @default false */
  readonly bindersKnown?: boolean;
  readonly owned: boolean;
  readonly origin?: Origin;
}

export type Stage = 'running' | 'staging';

export interface Binding {
  readonly group: string;
  readonly space: string;
  readonly stage: Stage;
  /** Set when it is not certain that this space is bound. */
  readonly unknown?: Unknown;
  readonly origin: Origin;
}

export type Variable = string | Unknown;

export interface Application {
  /** `org/space/application`: stays the same when the resource is made anew. */
  readonly id: string;
  readonly name: string;
  readonly space: string;
  readonly owned: boolean;
  readonly lifecycle: 'docker' | 'buildpack' | 'unknown';
  readonly ssh: Answer;
  readonly environment: ReadonlyMap<string, Variable>;
  /** Undefined for one that others push. */
  readonly program?: Program;
  /** Only a proxy has one. */
  readonly allowlist?: AllowlistFacts;
  readonly origin?: Origin;
}

/** What an application runs: two programs with equal parts do the same. */
export interface Program {
  /** Undefined for one that a buildpack makes of files. */
  readonly image?: Variable;
  /** What the code itself builds and pushes under the name of the image. */
  readonly content?: string;
  /** All else, each a text or what stands for one, by what it is called: `command`, `sidecar agent`. */
  readonly parts: ReadonlyMap<string, string>;
}

export interface AllowlistFacts {
  readonly lines: readonly AllowlistLine[];
  /** What Caddy's forwardproxy has in the place of lines. @default none */
  readonly lists?: readonly RuleList[];
  readonly unknown: readonly Unknown[];
  /** What holds requests back besides lines and lists, as far as that is known: when it goes, something may open. */
  readonly restraints?: readonly Unknown[];
  /** Whose passwords it takes; unset for one that asks for none, or does not tell. */
  readonly credentials?: Credentials;
  /** Names of the variables that say this, and of those that make no difference to it. */
  readonly variables?: ReadonlySet<string>;
  /** Set for one that leads whoever connects to one host over TCP, and asks nobody where to. */
  readonly forwards?: true;
  /** Where the proxy may listen. @default - where the image of this project does */
  readonly ports?: Intervals;
  /** Where it tells whoever may connect what it has counted, which leads nowhere. @default - nowhere */
  readonly metrics?: Intervals;
}

export interface Credentials {
  /** As the proxy calls them. */
  readonly clients: ReadonlySet<string>;
  /** What could not be read, and may be anybody's. */
  readonly unknown: readonly Unknown[];
}

export interface AllowlistLine {
  readonly text: string;
  /** What the proxy calls the one client that the line is for; unset for a line for all. */
  readonly client?: string;
  /** Unset for a line that is about something else, or that the proxy can't read either, at which it refuses to start. */
  readonly destination?: Destination;
  /** Set for a line whose host only a service tells, once it is there: what the line opens at most. */
  readonly late?: Unknown;
  /** Set for a line that ends by itself: the last day on which it opens anything. */
  readonly end?: string;
  /** Set for a line by which the list refuses nothing. */
  readonly audit?: Audit;
  readonly error?: string;
}

/** Stands for ids where a plan does not tell whose they are. */
export const SOME_APPLICATION = 'an application';
export const OTHER_APPLICATION = 'another application';

export interface Policy {
  readonly source: string;
  readonly destination: string;
  readonly protocol: Protocol;
  /** All of them for a protocol that has none. */
  readonly ports: Intervals;
  readonly unknown?: Unknown;
  readonly origin: Origin;
}

export interface Route {
  readonly url: string;
  /** Whether only applications reach it. */
  readonly internal: Answer;
  readonly applications: readonly string[];
  /** Applications that it may lead to as well: which of them is not known. */
  readonly possible?: readonly string[];
  /** Stands for what decides which of them. */
  readonly token?: string;
  readonly origin: Origin;
}

/** What the code gives to somebody beside reach: a role, or where logs and requests go. */
export interface Grant {
  readonly way: 'role' | 'logs' | 'service';
  readonly who: string;
  readonly what: string;
  readonly via?: string;
  readonly certain: boolean;
  /** What is not shown, as it is: a change has only a stamp of it. */
  readonly token?: string;
  readonly origin: Origin;
}

export interface ServiceInstance {
  /** `org/space/service` */
  readonly id: string;
  readonly name: string;
  /** What the marketplace calls it; unset for one of a user's own, or where the code does not tell. */
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
