import { and, eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { stripeCustomers, stripePrices } from '../schema/subscriptions.ts';

export type CustomerKey = { tenantId: string; userId: string; account: string | null };
export type PriceRow = typeof stripePrices.$inferSelect;
export type Terms = Pick<PriceRow, 'tenantId' | 'tierId' | 'amount' | 'currency' | 'interval'> & {
  account: string | null;
};

// The platform's own account is '' in the tables: null would be no key.
const accountOf = (account: string | null) => account ?? '';

export async function findCustomerId(db: Db, { tenantId, userId, account }: CustomerKey): Promise<string | undefined> {
  const rows = await db
    .select({ customerId: stripeCustomers.customerId })
    .from(stripeCustomers)
    .where(
      and(
        eq(stripeCustomers.tenantId, tenantId),
        eq(stripeCustomers.userId, userId),
        eq(stripeCustomers.account, accountOf(account)),
      ),
    );
  return rows[0]?.customerId;
}

/** The first to be kept stays: the processor makes one customer for its key anyway. */
export async function insertCustomer(db: Db, row: CustomerKey & { customerId: string }): Promise<void> {
  await db
    .insert(stripeCustomers)
    .values({ ...row, account: accountOf(row.account) })
    .onConflictDoNothing();
}

export async function findPriceByTerms(db: Db, terms: Terms): Promise<PriceRow | undefined> {
  const { tenantId, tierId, account, amount, currency, interval } = terms;
  const rows = await db
    .select()
    .from(stripePrices)
    .where(
      and(
        eq(stripePrices.tenantId, tenantId),
        eq(stripePrices.tierId, tierId),
        eq(stripePrices.account, accountOf(account)),
        eq(stripePrices.amount, amount),
        eq(stripePrices.currency, currency),
        eq(stripePrices.interval, interval),
      ),
    );
  return rows[0];
}

export async function findPriceById(
  db: Db,
  { tenantId, priceId }: { tenantId: string; priceId: string },
): Promise<PriceRow | undefined> {
  const rows = await db
    .select()
    .from(stripePrices)
    .where(and(eq(stripePrices.tenantId, tenantId), eq(stripePrices.priceId, priceId)));
  return rows[0];
}

export async function insertPrice(db: Db, { account, ...price }: Terms & { priceId: string }): Promise<void> {
  await db
    .insert(stripePrices)
    .values({ ...price, account: accountOf(account) })
    .onConflictDoNothing();
}
