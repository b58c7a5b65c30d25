import postgres, { type Sql } from 'postgres';
import { expect, vi } from 'vitest';
import { afterFile } from './after-file.ts';

/** A session beside the server's: it holds locks, kills backends and looks at the rows. */
export function outsideSession(url: string): Sql {
  const sql = postgres(url, {
    max: 3,
    onnotice: () => {},
    fetch_types: false,
    connection: { application_name: 'outside' },
  });
  afterFile(() => sql.end({ timeout: 1 }));
  return sql;
}

/** Ends every session of the service on this database, as soon as there is one, and waits until they are gone. */
export async function terminateService(sql: Sql): Promise<void> {
  await vi.waitFor(
    async () => {
      if ((await terminateSessions(sql)) === 0) throw new Error('the service has no session');
    },
    { timeout: 5_000, interval: 10 },
  );
}

async function terminateSessions(sql: Sql): Promise<number> {
  const rows = await sql<{ pid: number }[]>`
    select pid, pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'ttconnect'`;
  const pids = rows.map(({ pid }) => pid);
  if (pids.length === 0) return 0;
  // One that has not heard of it yet would end the next statement that it is given.
  await vi.waitFor(async () => expect(await sql`select 1 from pg_stat_activity where pid in ${sql(pids)}`).toEqual([]));
  return pids.length;
}

/** Holds a lock in a transaction until it is released. */
export async function holdLock(sql: Sql, statement: string): Promise<{ release: () => Promise<void> }> {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  let done: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    done = sql.begin(async (tx) => {
      await tx.unsafe(statement);
      resolve();
      await until;
    });
    done.catch(reject);
  });
  return {
    release: async () => {
      release();
      await done;
    },
  };
}

/** Resolves when so many statements of the service wait for a lock. */
export async function waitForBlocked(sql: Sql, count: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const rows = await sql`
        select pid from pg_stat_activity
        where datname = current_database() and application_name = 'ttconnect' and wait_event_type = 'Lock'`;
      if (rows.length < count) throw new Error(`${rows.length} of ${count} wait for a lock`);
    },
    { timeout: 2_000, interval: 10 },
  );
}
