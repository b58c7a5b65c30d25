import type { Db } from '#db/client.ts';
import { deleteOldQuotes } from '#db/queries/crypto-quotes.ts';
import { deleteExpired, type Expiring } from '#db/queries/purge.ts';
import { deleteOldCounts } from '#db/queries/quest-counts.ts';
import { deleteOldDeliveries, deleteOldEvents } from '#db/queries/webhook-purge.ts';
import type { Deps } from '../context.ts';
import { EVENT_DAYS } from '../events/rules.ts';
import { addSeconds } from '../lib/time.ts';
import { DELIVERY_DAYS } from '../webhooks/rules.ts';
import { THROTTLE_WINDOW_MS } from './rules.ts';

const BATCH = 5_000;
const MAX_BATCHES = 20;
const TABLES: readonly Expiring[] = [
  'login_throttles',
  'refresh_tokens',
  'sessions',
  'email_tokens',
  'wallet_nonces',
  'idempotent_answers',
];

const DAY_SECONDS = 86_400;

type Bite = (db: Db, limit: number) => Promise<number>;

/** Deletes what no longer has a meaning: old counts of failures, expired tokens and sessions, events, what
 * quests counted of them, and deliveries of webhooks after 90 days. Small bites, so that no other write waits for it; what is left over goes the next time. Says how
 * many rows went. */
export async function purgeExpired(deps: Pick<Deps, 'db' | 'clock'>): Promise<number> {
  const now = deps.clock.now();
  let purged = 0;
  for (const bite of bitesAt(now)) {
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const deleted = await bite(deps.db, BATCH);
      purged += deleted;
      if (deleted < BATCH) break;
    }
  }
  return purged;
}

function bitesAt(now: Date): Bite[] {
  const daysAgo = (days: number) => addSeconds(now, -days * DAY_SECONDS);
  const expired = TABLES.map((table): Bite => {
    const before = table === 'login_throttles' ? new Date(now.getTime() - THROTTLE_WINDOW_MS) : now;
    return (db, limit) => deleteExpired(db, { table, before, limit });
  });
  return [
    ...expired,
    (db, limit) => deleteOldQuotes(db, { before: daysAgo(7), limit }),
    (db, limit) => deleteOldDeliveries(db, { before: daysAgo(DELIVERY_DAYS), limit }),
    (db, limit) => deleteOldEvents(db, { before: daysAgo(EVENT_DAYS), limit }),
    (db, limit) => deleteOldCounts(db, { before: daysAgo(EVENT_DAYS), limit }),
  ];
}
