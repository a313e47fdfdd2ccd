import { getDomain, getPublicSuffix } from 'tldts';
import type { NameSet } from '../../constructs/values/host-name';
import { Intervals, type Range } from './intervals';
import { Traffic } from './traffic';

/** What the names of a set may reach; the pattern `.` stands for every name. */
export interface Named extends NameSet {
  readonly to: Traffic;
}

/** Names of one set, on some ports at some addresses. */
export interface Part extends NameSet {
  readonly ports: Range;
  readonly at: Intervals;
  /** If the pattern is every name, those that don't reach it: too many to print. */
  readonly lacks?: readonly string[];
}

/** A domain's names, arranged by label: its own, those below it that differ, and all the others below it. */
interface Node {
  readonly self: Traffic;
  readonly rest: Traffic;
  readonly children: ReadonlyMap<string, Node>;
}

interface Growing extends Node {
  self: Traffic;
  rest: Traffic;
  readonly children: Map<string, Growing>;
}

type Combine = (a: Traffic, b: Traffic) => Traffic;

const all = (to: Traffic): Node => ({ self: to, rest: to, children: new Map() });
const NOTHING = all(Traffic.NONE);

/**
 * Host names that can be reached, each on ports at addresses. Like sets of addresses, these sets have unions and
 * differences, and a domain without some of its names is one of them. Comparisons are between what sets allow, never
 * how they are written.
 */
export class Names {
  static readonly NONE = new Names(NOTHING);

  static of(entries: Iterable<Named>): Names {
    const root: Growing = { ...NOTHING, children: new Map() };
    const join = memoized((a, b) => a.union(b));
    for (const { pattern, exceptions, to } of entries) {
      if (to.isEmpty) continue;
      const node = grow(root, pattern);
      if (pattern.startsWith('.')) {
        for (const exception of exceptions) grow(root, exception);
        add(node, pattern.slice(1), new Set(exceptions), (old) => join(old, to));
      } else {
        node.self = join(node.self, to);
      }
    }
    return new Names(root);
  }

  /** The set that one part of {@link parts} stands for. */
  static part({ ports, at, ...names }: Part): Names {
    return Names.of([{ ...names, to: Traffic.over('tcp', Intervals.of(ports), at) }]);
  }

  private constructor(private readonly root: Node) {}

  get isEmpty(): boolean {
    return isNothing(this.root);
  }

  /** What names that the set doesn't mention may reach. */
  get everywhere(): Traffic {
    return this.root.rest;
  }

  union(...others: readonly Names[]): Names {
    const join = memoized((a, b) => a.union(b));
    return new Names(others.reduce((sum, { root }) => combine(sum, root, join, false), this.root));
  }

  minus(other: Names): Names {
    const rest = memoized((a, b) => a.minus(b));
    return new Names(combine(this.root, other.root, rest, true));
  }

  intersect(other: Names): Names {
    const both = memoized((a, b) => a.intersect(b));
    return new Names(combine(this.root, other.root, both, true));
  }

  covers(other: Names): boolean {
    return other.minus(this).isEmpty;
  }

  /** The part that the given traffic also opens. */
  inside(open: Traffic): Names {
    return this.intersect(new Names(all(open)));
  }

  /** The part that the given traffic doesn't open. */
  outside(open: Traffic): Names {
    return this.minus(new Names(all(open)));
  }

  /** The addresses at which a host may be reached. */
  addresses(host: string, port: number): Intervals {
    let node = this.root;
    for (const label of labelsOf(host)) node = below(node, label);
    return node.self.addresses('tcp', port);
  }

  /**
   * The set as parts to print: first the domains, with their exceptions, then the names below them that differ. What
   * every name reaches is one part without exceptions and may slightly exceed the set: `lacks` has the difference.
   */
  parts(): Part[] {
    const { rest } = this.root;
    const writer = new PartsWriter();
    const everywhere = writer.pieces(rest).map(({ ports, at, to }) => {
      return { pattern: '.', exceptions: [], ports, at, lacks: writer.lacking(this.root, '', to) };
    });
    return [...everywhere, ...writer.parts(this.outside(rest).root, '', [])];
  }
}

function labelsOf(pattern: string): string[] {
  return pattern
    .split('.')
    .filter((label) => label !== '')
    .reverse();
}

function below(node: Node, label: string): Node {
  return node.children.get(label) ?? all(node.rest);
}

function grow(root: Growing, pattern: string): Growing {
  let node = root;
  for (const label of labelsOf(pattern)) {
    const child = node.children.get(label) ?? { ...all(node.rest), children: new Map<string, Growing>() };
    node.children.set(label, child);
    node = child;
  }
  return node;
}

function add(node: Growing, name: string, exceptions: ReadonlySet<string>, more: (old: Traffic) => Traffic): void {
  if (exceptions.has(`.${name}`)) return;
  if (!exceptions.has(name)) node.self = more(node.self);
  node.rest = more(node.rest);
  for (const [label, child] of node.children) add(child, joined(label, name), exceptions, more);
}

function joined(label: string, name: string): string {
  return name === '' ? label : `${label}.${name}`;
}

/** Most names of a list are open in the same few ways, so each pair is computed only once. */
function memoized(combine: Combine): Combine {
  const known = new Map<Traffic, Map<Traffic, Traffic>>();
  return (a, b) => {
    const results = known.get(a) ?? new Map<Traffic, Traffic>();
    known.set(a, results);
    const result = results.get(b) ?? combine(a, b);
    results.set(b, result);
    return result;
  };
}

/** @param inside whether the result lies within the first set: where that is empty, the second one doesn't matter */
function combine(a: Node, b: Node, how: Combine, inside: boolean): Node {
  const children = new Map<string, Node>();
  const labels = inside && a.rest.isEmpty ? a.children.keys() : new Set([...a.children.keys(), ...b.children.keys()]);
  for (const label of labels) children.set(label, combine(below(a, label), below(b, label), how, inside));
  return { self: how(a.self, b.self), rest: how(a.rest, b.rest), children };
}

function isNothing({ self, rest, children }: Node): boolean {
  return self.isEmpty && rest.isEmpty && [...children.values()].every(isNothing);
}

/** One range of ports of what is open, also as traffic. */
type Piece = Pick<Part, 'ports' | 'at'> & { readonly to: Traffic };

/** Turns a set into parts, which needs the same few differences of traffic for each of its names. */
class PartsWriter {
  private readonly minus = memoized((a, b) => a.minus(b));
  private readonly known = new Map<Traffic, readonly Piece[]>();

  /** @param written what has been written for all names here already */
  parts(node: Node, name: string, written: readonly Piece[]): Part[] {
    const known = written.filter(({ to }) => this.covers(node.rest, to));
    const domain = this.left(node.rest, known);
    const ofAll = [...known, ...domain];
    const ofSelf = ofAll.filter(({ to }) => this.covers(node.self, to));
    return [
      ...domain.map(({ ports, at, to }) => {
        return { pattern: `.${name}`, exceptions: this.lacking(node, name, to), ports, at };
      }),
      ...this.left(node.self, ofSelf).map(({ ports, at }) => ({ pattern: name, exceptions: [], ports, at })),
      ...[...node.children].flatMap(([label, child]) => this.parts(child, joined(label, name), ofAll)),
    ];
  }

  pieces(to: Traffic): readonly Piece[] {
    const pieces =
      this.known.get(to) ??
      to.slicesOf('tcp').map(({ first, last, to: at }): Piece => {
        return { ports: [first, last], at, to: Traffic.over('tcp', Intervals.of([first, last]), at) };
      });
    this.known.set(to, pieces);
    return pieces;
  }

  private left(to: Traffic, written: readonly Piece[]): readonly Piece[] {
    return this.pieces(written.reduce((left, piece) => this.minus(left, piece.to), to));
  }

  /** The names of a domain that don't reach all of this. */
  lacking(node: Node, name: string, wanted: Traffic): string[] {
    if (!this.covers(node.rest, wanted)) return [`.${name}`];
    const self = this.covers(node.self, wanted) ? [] : [name];
    const below = [...node.children].flatMap(([label, child]) => this.lacking(child, joined(label, name), wanted));
    return [...self, ...below];
  }

  private covers(outer: Traffic, inner: Traffic): boolean {
    return this.minus(inner, outer).isEmpty;
  }
}

// The public suffix list, including the private section that companies add for their customers.
const WITH_TENANTS = { allowPrivateDomains: true };

/** Whether anybody can register a name directly below this one. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, WITH_TENANTS) === name;
}

/** The registered domain that contains this host; undefined for a public suffix. */
export function registeredDomain(host: string): string | undefined {
  return getDomain(host, WITH_TENANTS) ?? undefined;
}
