import type { PgDatabase } from 'drizzle-orm/pg-core';
import type { PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres, { type Options } from 'postgres';
import { withAcquireTimeout } from './acquire-timeout.ts';

/** A pool or a transaction of it: queries take either. */
export type Db = PgDatabase<PostgresJsQueryResultHKT>;

export type DatabaseOptions = {
  url: string;
  poolSize: number;
  /** Sees the text of every statement, never its parameters. */
  onStatement?: (text: string) => void;
};

export type Database = { db: Db; close: () => Promise<void> };

/** Time limits are the database's own, so that they hold whatever the process does. */
export const SESSION_LIMITS = {
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 10_000,
};

export const ACQUIRE_TIMEOUT_MS = 2_000;

export function createDatabase({ url, poolSize, onStatement }: DatabaseOptions): Database {
  const sql = postgres(url, {
    max: poolSize,
    connect_timeout: 2,
    // A reconnect is tried soon after the database is back: the default backs off to 20 s.
    backoff: (retries: number) => Math.min(retries * 0.05, 0.5),
    fetch_types: false,
    // One statement per connection at a time: what waits stays in the driver's queue, where it can still be withdrawn.
    ...({ max_pipeline: 0 } as Options<never>),
    onnotice: () => {},
    connection: { application_name: 'ttconnect', ...SESSION_LIMITS },
    ...(onStatement && { debug: (_connection: number, text: string) => onStatement(text) }),
  });
  withAcquireTimeout(sql, ACQUIRE_TIMEOUT_MS);
  return {
    db: drizzle({ client: sql, casing: 'snake_case' }) as unknown as Db,
    close: () => sql.end({ timeout: 5 }),
  };
}
