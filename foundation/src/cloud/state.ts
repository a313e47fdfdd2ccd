import { randomUUID } from 'node:crypto';
import { type Change, type Store, StoreFullError } from '../store/store';
import type { Clock } from './clock';
import { diskFull } from './errors';
import type { Kind, Records, Row } from './records';

interface Entry<T> {
  readonly sequence: number;
  readonly row: T;
}

type Undo = () => void;

/** The changes of the running transaction: how to undo them, and what to write. */
class Journal {
  public readonly undo: Undo[] = [];
  private readonly changes = new Map<string, Change>();

  /** @param time the time of all changes in the transaction */
  public constructor(public readonly time: string) {}

  public record(change: Change, undo: Undo): void {
    this.changes.set(`${change.kind}/${change.guid}`, change);
    this.undo.push(undo);
  }

  public all(): readonly Change[] {
    return [...this.changes.values()];
  }

  public touches(kind: string): boolean {
    return this.all().some((change) => change.kind === kind);
  }
}

const appOf = (row: Row | undefined): string | undefined =>
  row && 'appGuid' in row ? (row.appGuid as string | undefined) : undefined;

/** All rows of one kind, in order of creation. */
export class Table<T extends Row> {
  private rows = new Map<string, Entry<T>>();
  /** GUIDs by application, since most queries are about one. */
  private readonly parts = new Map<string, Set<string>>();
  private sequence = 0;
  private changes = 0;

  public constructor(
    private readonly kind: string,
    private readonly journal: () => Journal,
  ) {}

  /** Changes with each change of the table, so results computed from its rows can be cached by it. */
  public get revision(): number {
    return this.changes;
  }

  public get size(): number {
    return this.rows.size;
  }

  public get(guid: string | undefined): T | undefined {
    return guid === undefined ? undefined : this.rows.get(guid)?.row;
  }

  /** For a reference from another row, which must exist. */
  public expect(guid: string): T {
    const row = this.get(guid);
    if (!row) throw new Error(`no ${this.kind} with guid ${guid}`);
    return row;
  }

  public *[Symbol.iterator](): Iterator<T> {
    for (const { row } of this.rows.values()) yield row;
  }

  public find(predicate: (row: T) => boolean): T | undefined {
    for (const { row } of this.rows.values()) {
      if (predicate(row)) return row;
    }
    return undefined;
  }

  public where(predicate: (row: T) => boolean): T[] {
    const found: T[] = [];
    for (const { row } of this.rows.values()) {
      if (predicate(row)) found.push(row);
    }
    return found;
  }

  /** The rows of an application, in order of creation. */
  public ofApp(appGuid: string): T[] {
    return [...(this.parts.get(appGuid) ?? [])]
      .flatMap((guid) => this.rows.get(guid) ?? [])
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ row }) => row);
  }

  public put(row: T): T {
    const before = this.rows.get(row.guid);
    this.set(row.guid, { sequence: before?.sequence ?? ++this.sequence, row });
    this.journal().record({ kind: this.kind, guid: row.guid, value: row }, () => this.restore(row.guid, before));
    return row;
  }

  public delete(guid: string): void {
    const before = this.rows.get(guid);
    if (before) {
      this.set(guid, undefined);
      this.journal().record({ kind: this.kind, guid, value: undefined }, () => this.restore(guid, before));
    }
  }

  /** Adds a row from the store, without writing it again. */
  public load(row: T): void {
    this.set(row.guid, { sequence: ++this.sequence, row });
  }

  private set(guid: string, entry: Entry<T> | undefined): void {
    const before = appOf(this.rows.get(guid)?.row);
    const after = appOf(entry?.row);
    if (before !== undefined && before !== after) {
      const others = this.parts.get(before);
      others?.delete(guid);
      if (others?.size === 0) this.parts.delete(before);
    }
    if (after !== undefined) this.parts.set(after, (this.parts.get(after) ?? new Set()).add(guid));
    if (entry) this.rows.set(guid, entry);
    else this.rows.delete(guid);
    this.changes++;
  }

  private restore(guid: string, entry: Entry<T> | undefined): void {
    const misplaced = entry !== undefined && !this.rows.has(guid);
    this.set(guid, entry);
    if (misplaced) this.rows = new Map([...this.rows].sort(([, a], [, b]) => a.sequence - b.sequence));
  }
}

const KINDS: Readonly<Record<Kind, true>> = {
  facts: true,
  quotas: true,
  organizations: true,
  isolationSegments: true,
  spaces: true,
  users: true,
  credentials: true,
  roles: true,
  domains: true,
  routes: true,
  securityGroups: true,
  policies: true,
  serviceBrokers: true,
  serviceOfferings: true,
  servicePlans: true,
  serviceInstances: true,
  serviceBindings: true,
  routeBindings: true,
  apps: true,
  processes: true,
  sidecars: true,
  instances: true,
  packages: true,
  builds: true,
  droplets: true,
  revisions: true,
  deployments: true,
  events: true,
  tasks: true,
  jobs: true,
};

type Tables = { readonly [K in Kind]: Table<Records[K]> };

/** All tables. Changing them outside of a transaction throws. */
export interface State extends Tables {
  readonly clock: Clock;
  /** GUID and times for a new row. */
  stamp(): Row;
  now(): string;
}

/** Precise to the second, as on the platform, so two changes within a second look like one. */
const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');

/** The state in memory, written through to the store. A transaction returns once it is stored, or changes nothing. */
export class Database {
  public readonly state: State;
  private journal: Journal | undefined;

  public constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {
    const journal = (): Journal => {
      if (!this.journal) throw new Error('the state can only be changed inside a transaction');
      return this.journal;
    };
    const tables = Object.fromEntries(
      Object.keys(KINDS).map((kind) => [kind, new Table<Row>(kind, journal)]),
    ) as unknown as Tables;
    const now = (): string => this.journal?.time ?? timestamp(clock.now());
    this.state = {
      ...tables,
      clock,
      now,
      stamp: () => ({ guid: randomUUID(), createdAt: now(), updatedAt: now() }),
    };
    for (const { kind, value } of store.load()) {
      (tables as unknown as Record<string, Table<Row> | undefined>)[kind]?.load(value as Row);
    }
  }

  /** Runs `work`, which must be synchronous, and also returns the changes. Transactions can't be nested. */
  public transaction<T>(work: (state: State) => T): { result: T; changes: readonly Change[] } {
    if (this.journal) throw new Error('a transaction is running already');
    const journal = new Journal(timestamp(this.clock.now()));
    this.journal = journal;
    try {
      const result = work(this.state);
      const changes = journal.all();
      if (changes.length > 0) this.store.commit(changes);
      return { result, changes };
    } catch (error) {
      for (const undo of journal.undo.reverse()) undo();
      throw error instanceof StoreFullError ? diskFull() : error;
    } finally {
      this.journal = undefined;
    }
  }

  /** Whether the running transaction has changed rows of this kind. */
  public touches(kind: Kind): boolean {
    return this.journal?.touches(kind) ?? false;
  }

  public close(): void {
    this.store.close();
  }
}
