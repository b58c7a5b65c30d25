import { sql as text } from 'drizzle-orm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Db } from '#db/client.ts';
import { withTx } from '#src/context.ts';
import { databaseFaultOf } from '#src/lib/database-errors.ts';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession } from '../support/outside-session.ts';

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const { db, close } = createDatabase({ url, poolSize: 8 });
afterFile(close);
beforeAll(() => sql`create table accounts (id text primary key, balance int not null)`);

const account = (...ids: string[]) => sql`insert into accounts ${sql(ids.map((id) => ({ id, balance: 0 })))}`;
const balanceOf = async (id: string) => (await sql`select balance from accounts where id = ${id}`)[0]?.['balance'];
const add = (tx: Db, id: string) => tx.execute(text`update accounts set balance = balance + 1 where id = ${id}`);

/** Resolves for all when so many have come. */
function barrier(count: number): () => Promise<void> {
  let open = () => {};
  let arrived = 0;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    arrived += 1;
    if (arrived === count) open();
    return opened;
  };
}

describe.concurrent('case 20: what the database asks to be tried again', () => {
  it('retries a deadlock, and both succeed', async () => {
    await account('deadlock-a', 'deadlock-b');
    const meet = barrier(2);
    let attempts = 0;
    const transfer = (first: string, second: string) => {
      let isFirst = true;
      return withTx({ db }, async (tx) => {
        attempts += 1;
        await add(tx, first);
        if (isFirst) await meet();
        isFirst = false;
        await add(tx, second);
      });
    };
    await Promise.all([transfer('deadlock-a', 'deadlock-b'), transfer('deadlock-b', 'deadlock-a')]);
    expect(attempts).toBe(3);
    expect(await balanceOf('deadlock-a')).toBe(2);
    expect(await balanceOf('deadlock-b')).toBe(2);
  });

  it('retries a serialization failure, and both succeed', async () => {
    await account('serial');
    const meet = barrier(2);
    let attempts = 0;
    const increment = () => {
      let isFirst = true;
      return withTx({ db }, async (tx) => {
        attempts += 1;
        await tx.execute(text`set transaction isolation level serializable`);
        const [row] = await tx.execute<{ balance: number }>(text`select balance from accounts where id = 'serial'`);
        if (isFirst) await meet();
        isFirst = false;
        await tx.execute(text`update accounts set balance = ${(row?.balance ?? 0) + 1}::int where id = 'serial'`);
      });
    };
    await Promise.all([increment(), increment()]);
    expect(attempts).toBe(3);
    expect(await balanceOf('serial')).toBe(2);
  });

  it('gives up after three retries', async () => {
    let attempts = 0;
    const lost = withTx({ db }, async (tx) => {
      attempts += 1;
      await tx.execute(text.raw(`do $$ begin raise exception using errcode = '40001'; end $$`));
    });
    const fault = databaseFaultOf(await lost.catch((error) => error));
    expect(fault?.sqlState).toBe('40001');
    expect(attempts).toBe(4);
  });
});

describe.concurrent('case 17: a session that ends inside its transaction', () => {
  it('is killed between two statements: neither is there, and the work is not run again', async () => {
    await account('killed-a', 'killed-b');
    let attempts = 0;
    const killed = withTx({ db }, async (tx) => {
      attempts += 1;
      await add(tx, 'killed-a');
      const [session] = await tx.execute<{ pid: number }>(text`select pg_backend_pid() as pid`);
      await sql`select pg_terminate_backend(${session?.pid ?? 0}, 2000)`;
      await add(tx, 'killed-b');
    });
    expect(databaseFaultOf(await killed.catch((error) => error))?.sqlState).toMatch(/^(57P01|CONNECTION_CLOSED)$/);
    expect(attempts).toBe(1);
    expect([await balanceOf('killed-a'), await balanceOf('killed-b')]).toEqual([0, 0]);
  });

  it('idles too long: the database ends it, its lock is free, and the pool goes on', async () => {
    await account('idle-a', 'idle-b');
    const idle = withTx({ db }, async (tx) => {
      await add(tx, 'idle-a');
      await new Promise((resolve) => setTimeout(resolve, 11_500));
      await add(tx, 'idle-b');
    });
    const error = await idle.catch((reason) => reason);
    expect(databaseFaultOf(error)?.sqlState).toMatch(/^(25P03|CONNECTION_CLOSED)$/);
    expect([await balanceOf('idle-a'), await balanceOf('idle-b')]).toEqual([0, 0]);
    await Promise.all(Array.from({ length: 8 }, () => withTx({ db }, (tx) => add(tx, 'idle-a'))));
    expect(await balanceOf('idle-a')).toBe(8);
  });
});
