import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Change, type Store, StoreFullError } from './store';

/** @see https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

/**
 * The durable store: one table of JSON texts. In WAL mode with `synchronous = FULL`, a commit is on disk when it
 * returns, so neither `kill -9` nor a power failure loses what a client was told.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export class SqliteStore implements Store {
  private readonly database: DatabaseSync;
  private readonly put: StatementSync;
  private readonly remove: StatementSync;

  public constructor(file: string) {
    this.database = new DatabaseSync(file);
    this.database.exec('PRAGMA journal_mode = WAL');
    this.database.exec('PRAGMA synchronous = FULL');
    // The sequence keeps the order of creation, in which lists and policies are returned.
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS objects (
         sequence INTEGER PRIMARY KEY AUTOINCREMENT,
         kind TEXT NOT NULL,
         guid TEXT NOT NULL,
         value TEXT NOT NULL,
         UNIQUE (kind, guid)
       ) STRICT`,
    );
    this.put = this.database.prepare(
      `INSERT INTO objects (kind, guid, value) VALUES (?, ?, ?)
       ON CONFLICT (kind, guid) DO UPDATE SET value = excluded.value`,
    );
    this.remove = this.database.prepare('DELETE FROM objects WHERE kind = ? AND guid = ?');
  }

  public *load(): Iterable<{ readonly kind: string; readonly guid: string; readonly value: object }> {
    const rows = this.database.prepare('SELECT kind, guid, value FROM objects ORDER BY sequence').all();
    for (const row of rows as unknown as { kind: string; guid: string; value: string }[]) {
      yield { kind: row.kind, guid: row.guid, value: JSON.parse(row.value) as object };
    }
  }

  public commit(changes: readonly Change[]): void {
    try {
      this.database.exec('BEGIN IMMEDIATE');
      for (const { kind, guid, value } of changes) {
        if (value === undefined) this.remove.run(kind, guid);
        else this.put.run(kind, guid, JSON.stringify(value));
      }
      this.database.exec('COMMIT');
    } catch (error) {
      // If the disk is full, COMMIT fails, and either leaves the transaction open or has rolled it back.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      if ((error as { errcode?: number }).errcode === SQLITE_FULL) {
        throw new StoreFullError("the store's disk is full", { cause: error });
      }
      throw error;
    }
  }

  public close(): void {
    this.database.close();
  }
}
