import { sql } from 'drizzle-orm';
import { createDatabase } from '#db/client.ts';

/** Forked by driver-patch.test.ts: workers that move one unit between two accounts until they are told to stop. */
const ACCOUNTS = 100;
const WORKERS = 40;

const { db, close } = createDatabase({ url: process.argv[2] ?? '', poolSize: 20 });
const committed = Array.from({ length: WORKERS }, () => 0);
const failures: string[] = [];
let stopped = false;

async function work(worker: number): Promise<void> {
  while (!stopped) {
    const from = Math.floor(Math.random() * ACCOUNTS);
    const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
    try {
      await db.transaction(async (tx) => {
        // In the order of the ids, so that no two workers wait for each other.
        const ids = [Math.min(from, to), Math.max(from, to)];
        const statements = [
          sql`insert into transfers (from_id, to_id) values (${from}, ${to})`,
          ...ids.map((id) => sql`update accounts set balance = balance + ${id === to ? 1 : -1}::int where id = ${id}`),
        ];
        // Half of them send all at once.
        if (worker % 2 === 0) await Promise.all(statements.map((statement) => tx.execute(statement)));
        else for (const statement of statements) await tx.execute(statement);
      });
      committed[worker] = (committed[worker] ?? 0) + 1;
    } catch (error) {
      const { code = 'none' } = ((error as Error).cause ?? error) as { code?: string };
      failures.push(code);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

process.once('message', () => {
  stopped = true;
});
const report = () => process.send?.({ committed, failures });
const timer = setInterval(report, 50);
await Promise.all(committed.map((_, worker) => work(worker)));
clearInterval(timer);
await close();
report();
process.disconnect();
