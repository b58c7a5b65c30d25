import { and, eq, gt, notExists, or, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { prepared } from '../prepared.ts';
import { apiKeyCredits, apiKeys } from '../schema/api-keys.ts';
import type { CreditsRow } from './api-keys.ts';

type Counter = { tenantId: string; creditsId: string };
export type CreditsState = Omit<CreditsRow, 'tenantId' | 'id'>;
type Taking = Counter & { now: Date; next: Record<NonNullable<CreditsRow['refillInterval']>, Date> };

const at = (name: string) => sql`${sql.placeholder(name)}::timestamptz`;
const isDue = sql`${apiKeyCredits.refillsAt} <= ${at('now')}`;

const take = prepared((db) =>
  db
    .update(apiKeyCredits)
    .set({
      remaining: sql`case when ${isDue} then ${apiKeyCredits.refillAmount} else ${apiKeyCredits.remaining} end - 1`,
      refillsAt: sql`case when not ${isDue} then ${apiKeyCredits.refillsAt}
        when ${apiKeyCredits.refillInterval} = 'day' then ${at('nextDay')}
        when ${apiKeyCredits.refillInterval} = 'month' then ${at('nextMonth')} end`,
    })
    .where(
      and(
        eq(apiKeyCredits.tenantId, sql.placeholder('tenantId')),
        eq(apiKeyCredits.id, sql.placeholder('creditsId')),
        or(gt(apiKeyCredits.remaining, 0), isDue),
      ),
    )
    .returning({ remaining: apiKeyCredits.remaining })
    .prepare('take_api_key_credit'),
);

/**
 * Takes one, refilling first what is due: one conditional write, which concurrent callers in any process queue for. `next`
 * is when each interval refills again after `now`. False when there is none to take.
 */
export async function takeApiKeyCredit(db: Db, { tenantId, creditsId, now, next }: Taking): Promise<boolean> {
  const instants = {
    now: now.toISOString(),
    nextDay: next.day.toISOString(),
    nextMonth: next.month.toISOString(),
  };
  return (await take(db).execute({ tenantId, creditsId, ...instants })).length > 0;
}

const isCounter = ({ tenantId, creditsId }: Counter) =>
  and(eq(apiKeyCredits.tenantId, tenantId), eq(apiKeyCredits.id, creditsId));

export async function findApiKeyCredits(db: Db, counter: Counter): Promise<CreditsRow | undefined> {
  return (await db.select().from(apiKeyCredits).where(isCounter(counter)))[0];
}

/** Holds the counter until the transaction ends: nobody takes from it meanwhile. */
export async function findApiKeyCreditsForUpdate(db: Db, counter: Counter): Promise<CreditsRow | undefined> {
  return (await db.select().from(apiKeyCredits).where(isCounter(counter)).for('update'))[0];
}

export async function insertApiKeyCredits(db: Db, credits: CreditsRow): Promise<void> {
  await db.insert(apiKeyCredits).values(credits);
}

export async function updateApiKeyCredits(
  db: Db,
  { state, ...counter }: Counter & { state: CreditsState },
): Promise<void> {
  await db.update(apiKeyCredits).set(state).where(isCounter(counter));
}

/** Removes a counter that no key has any more. Its row is held by the caller. */
export async function deleteUnusedApiKeyCredits(db: Db, counter: Counter): Promise<void> {
  const users = db
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, counter.tenantId), eq(apiKeys.creditsId, counter.creditsId)));
  await db.delete(apiKeyCredits).where(and(isCounter(counter), notExists(users)));
}
