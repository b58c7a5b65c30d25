import { sql as text } from 'drizzle-orm';
import { expect, it, vi } from 'vitest';
import { createDatabase } from '#db/client.ts';
import { databaseFaultOf } from '#src/lib/database-errors.ts';
import { afterFile } from '../support/after-file.ts';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession, terminateService } from '../support/outside-session.ts';

const { url } = await createTestDatabase();
const sql = outsideSession(url);
const { db, close } = createDatabase({ url, poolSize: 1 });
afterFile(close);

const LOST = /^(57P01|CONNECTION_CLOSED|ECONNRESET|EPIPE)$/;

// Fails without the patch of the driver's closed(): the first result of the next session has holes where the rows of the
// lost one were, and a query for one row finds none.
it('a result cut off in the middle leaves nothing for the next session', async () => {
  const rows = text`select n, repeat('x', 10000), pg_sleep(0.01) from generate_series(1, 400) n`;
  const cutOff = db.execute(rows).catch((error) => error);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await terminateService(sql);
  expect(databaseFaultOf(await cutOff)?.sqlState).toMatch(LOST);

  const found = await db.execute(text`select 1 as n`);
  expect([...found]).toEqual([{ n: 1 }]);
});

it('the error of a lost session is not the answer of the next', async () => {
  const sleeping = db.execute(text`select pg_sleep(4)`).catch((error) => error);
  await vi.waitFor(async () => {
    const rows = await sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
    expect(rows).toHaveLength(1);
  });
  await terminateService(sql);
  expect(databaseFaultOf(await sleeping)?.sqlState).toMatch(LOST);
  for (let n = 0; n < 3; n += 1) expect([...(await db.execute(text`select ${n}::int as n`))]).toEqual([{ n }]);
});
