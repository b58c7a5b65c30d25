import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { updateApiKeysUsed } from '#db/queries/api-keys.ts';
import { listOwnerIds } from '#db/queries/team.ts';
import { listTenantPlans } from '#db/queries/tenants.ts';
import { insertUsage, insertUsageMonths, type UsageMonthRow, type UsageRow } from '#db/queries/usage.ts';
import type { Clock } from '../clients/clock.ts';
import { type Logger, withTx } from '../context.ts';
import { crossedLevel, monthOf } from '../plans/rules.ts';

export type UsedRequest = { tenantId: string; apiKeyId: string; operation: string; failed: boolean; at: Date };

export type UsageMeter = {
  count: (request: UsedRequest) => void;
  /** Requests of the brand in the month (its first day) that are not in the database yet. */
  pending: (tenantId: string, month: string) => number;
  /** Brings everything counted so far to the database; what fails stays counted. */
  flush: () => Promise<void>;
  close: () => Promise<void>;
};

type Options = { db: Db; jobs: Jobs; clock: Clock; log: Logger; flushEvery: number };

/**
 * Counts requests in memory and adds them to the database every few seconds, so that a request costs no write. A process
 * that is killed loses the counts of those seconds; one that is stopped brings them first.
 */
export function createUsageMeter({ flushEvery, ...options }: Options): UsageMeter {
  const counts: Counts = { days: new Map(), months: new Map() };
  let flushing: Promise<void> = Promise.resolve();
  const flush = () => {
    flushing = flushing.then(() => bring(counts, options));
    return flushing;
  };
  const timer = setInterval(flush, flushEvery).unref();
  return {
    count: (request) => count(counts, request),
    pending: (tenantId, month) => counts.months.get(monthKey({ tenantId, month }))?.requests ?? 0,
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}

type Counts = { days: Map<string, UsageRow>; months: Map<string, UsageMonthRow> };

function count({ days, months }: Counts, { tenantId, apiKeyId, operation, failed, at }: UsedRequest): void {
  const day = at.toISOString().slice(0, 10);
  const row = { tenantId, apiKeyId, day, operation, requests: 1, failed: failed ? 1 : 0 };
  addTo(days, `${apiKeyId} ${day} ${operation}`, row);
  const month = monthOf(at);
  addTo(months, monthKey({ tenantId, month }), { tenantId, month, requests: 1 });
}

async function bring(counts: Counts, { db, jobs, clock, log }: Omit<Options, 'flushEvery'>): Promise<void> {
  if (counts.days.size === 0) return;
  const taken = counts.days;
  // What is on its way still counts as pending: it is taken off when it has arrived.
  const sums = [...counts.months.values()].map((row) => ({ ...row }));
  counts.days = new Map();
  try {
    await save({ db, jobs }, { days: [...taken.values()], months: sums, now: clock.now() });
    for (const sum of sums) addTo(counts.months, monthKey(sum), { ...sum, requests: -sum.requests });
  } catch (err) {
    log.warn({ err }, 'usage could not be stored: it is kept for the next time');
    for (const [key, row] of taken) addTo(counts.days, key, row);
  }
}

type Counted = { requests: number; failed?: number };

function addTo<Row extends Counted>(rows: Map<string, Row>, key: string, row: Row): void {
  const known = rows.get(key);
  if (!known) return void rows.set(key, row);
  known.requests += row.requests;
  if (known.failed !== undefined) known.failed += row.failed ?? 0;
  if (known.requests === 0) rows.delete(key);
}

function monthKey({ tenantId, month }: { tenantId: string; month: string }): string {
  return `${tenantId} ${month}`;
}

type Batch = { days: UsageRow[]; months: UsageMonthRow[]; now: Date };

async function save({ db, jobs }: Pick<Options, 'db' | 'jobs'>, { days, months, now }: Batch): Promise<void> {
  const apiKeyIds = [...new Set(days.map(({ apiKeyId }) => apiKeyId))];
  await withTx({ db }, async (tx) => {
    await insertUsage(tx, days);
    const sums = await insertUsageMonths(tx, months);
    await updateApiKeysUsed(tx, { apiKeyIds, now });
    const added = new Map(months.map((row) => [monthKey(row), row.requests]));
    const moves = sums.map((sum) => ({ ...sum, before: sum.requests - (added.get(monthKey(sum)) ?? 0) }));
    await alertOwners({ db: tx, jobs }, moves);
  });
}

type Move = UsageMonthRow & { before: number };

/** Tells the owners, once a month for each level: whoever adds the request that reaches it sees it reached. */
async function alertOwners({ db, jobs }: Pick<Options, 'db' | 'jobs'>, moves: Move[]): Promise<void> {
  const plans = new Map(
    (
      await listTenantPlans(
        db,
        moves.map(({ tenantId }) => tenantId),
      )
    ).map((one) => [one.id, one.plan]),
  );
  for (const { tenantId, before, requests: after } of moves) {
    const level = crossedLevel(plans.get(tenantId) ?? 'scale', { before, after });
    if (level === null) continue;
    for (const userId of await listOwnerIds(db, tenantId)) {
      await jobs.enqueue(db, 'mail', { kind: 'quota', tenantId, userId, level });
    }
  }
}
