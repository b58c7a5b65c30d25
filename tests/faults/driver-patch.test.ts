import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql as drizzleSql } from 'drizzle-orm';
import { expect, it, vi } from 'vitest';
import { createDatabase } from '#db/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { outsideSession, terminateService } from '../support/outside-session.ts';
import { endWithFile } from '../support/server-process.ts';

type Report = { committed: number[]; failures: string[] };

const KILLS = 10;
const workers = fileURLToPath(new URL('transfer-workers.ts', import.meta.url));

// Fails without patches/postgres+3.4.9.patch: the process dies of a TypeError that nobody can catch.
it('survives ten kills of all backends under 40 workers in transactions', async () => {
  const { url } = await createTestDatabase();
  const sql = outsideSession(url);
  await sql`create table accounts (id int primary key, balance int not null)`;
  await sql`create table transfers (from_id int not null, to_id int not null)`;
  await sql`insert into accounts select id, 0 from generate_series(0, 99) id`;

  const child = fork(workers, [url], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  endWithFile(child);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  let last: Report = { committed: [], failures: [] };
  child.on('message', (report: Report) => {
    last = report;
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const everyWorkerCommits = async (timeout: number) => {
    const before = last.committed;
    await vi.waitFor(
      () => {
        expect(child.exitCode, stderr).toBeNull();
        expect(last.committed.length).toBeGreaterThan(0);
        expect(last.committed.filter((count, worker) => count <= (before[worker] ?? 0))).toEqual([]);
      },
      { timeout, interval: 20 },
    );
  };

  await everyWorkerCommits(10_000);
  for (let kill = 0; kill < KILLS; kill += 1) {
    await terminateService(sql).catch((error) => expect.fail(`${error}, exit ${child.exitCode}: ${stderr}`));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(child.exitCode, stderr).toBeNull();
  }
  // Nobody hangs: each of the 40 commits again, soon.
  await everyWorkerCommits(2_000);
  child.send('stop');
  expect(await exited, stderr).toBe(0);

  const committed = last.committed.reduce((sum, count) => sum + count, 0);
  const [found] = await sql`
    select (select count(*)::int from transfers) as transfers,
      (select count(*)::int from accounts a where balance <>
        (select count(*) from transfers where to_id = a.id) - (select count(*) from transfers where from_id = a.id)
      ) as wrong`;
  expect(found?.['wrong']).toBe(0);
  // A commit whose answer was lost is one of the failures; none that was acknowledged is missing.
  expect(found?.['transfers']).toBeGreaterThanOrEqual(committed);
  expect(found?.['transfers']).toBeLessThanOrEqual(committed + last.failures.length);
  expect(last.failures.length).toBeGreaterThan(0);
  expect(last.failures.filter((code) => !/^(57P01|CONNECTION_CLOSED|ECONNRESET|EPIPE)$/.test(code))).toEqual([]);
});

// Without the patch it runs on the connection as a statement of its own, whatever became of the transaction.
it('refuses what is asked of a transaction after its end', async () => {
  const { url } = await createTestDatabase();
  const sql = outsideSession(url);
  await sql`create table marks (name text primary key)`;
  const { db, close } = createDatabase({ url, poolSize: 1 });
  const mark = (tx: Pick<typeof db, 'execute'>, name: string) =>
    tx.execute(drizzleSql`insert into marks values (${name})`);
  let late: Promise<unknown> | undefined;
  const rolledBack = db.transaction(async (tx) => {
    const slow = mark(tx, 'first').then(() => new Promise((resolve) => setTimeout(resolve, 50)));
    late = slow.then(() => mark(tx, 'late'));
    late.catch(() => {});
    await tx.execute(drizzleSql`select 1 / 0`);
  });
  await expect(rolledBack).rejects.toThrow();
  await expect(late).rejects.toMatchObject({ cause: { code: 'TRANSACTION_ENDED' } });
  let after: Pick<typeof db, 'execute'> | undefined;
  await db.transaction(async (tx) => {
    after = tx;
    await mark(tx, 'kept');
  });
  if (!after) throw new Error('no transaction');
  await expect(mark(after, 'after')).rejects.toMatchObject({ cause: { code: 'TRANSACTION_ENDED' } });
  expect(await sql`select name from marks`).toEqual([{ name: 'kept' }]);
  await close();
});
