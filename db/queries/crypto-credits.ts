import { and, asc, desc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { cryptoPayments } from '../schema/crypto.ts';
import { cryptoCredits, cryptoCreditUses } from '../schema/crypto-credits.ts';
import { beforePosition, type PageRequest } from './paging.ts';

export type CryptoCreditRow = typeof cryptoCredits.$inferSelect;
export type CreditUseRow = typeof cryptoCreditUses.$inferSelect;
/** Of one person in one brand, in one asset of one chain. */
export type CreditOwner = { tenantId: string; userId: string; chainId: number; contract: string | null };
type CreditKey = { tenantId: string; creditId: string };
const isCredit = ({ tenantId, creditId }: CreditKey) =>
  and(eq(cryptoCredits.tenantId, tenantId), eq(cryptoCredits.id, creditId));

const isFree = ({ tenantId, userId, chainId, contract }: CreditOwner) =>
  and(
    eq(cryptoCredits.tenantId, tenantId),
    eq(cryptoCredits.userId, userId),
    eq(cryptoCredits.chainId, chainId),
    contract === null ? isNull(cryptoCredits.contract) : eq(cryptoCredits.contract, contract),
    gt(cryptoCredits.units, cryptoCredits.usedUnits),
  );

/** What can be taken off, on crypto_credits_of_user_idx. */
export async function findFreeCredit(db: Db, owner: CreditOwner): Promise<bigint> {
  const left = sql<string>`coalesce(sum(${cryptoCredits.units} - ${cryptoCredits.usedUnits}), 0)`;
  const [row] = await db.select({ left }).from(cryptoCredits).where(isFree(owner));
  return BigInt(row?.left ?? 0);
}

type Holding = CreditOwner & { before?: string | undefined };

/**
 * What can be taken off, held until the transaction ends: always in the order of their ids. With `before` only what comes from
 * payments that are older than this one.
 */
export function holdFreeCredits(tx: Db, { before, ...owner }: Holding): Promise<CryptoCreditRow[]> {
  const isOlder = before === undefined ? undefined : lt(cryptoCredits.id, before);
  return tx
    .select()
    .from(cryptoCredits)
    .where(and(isFree(owner), isOlder))
    .orderBy(asc(cryptoCredits.id))
    .for('update');
}

export async function holdCredit(tx: Db, key: CreditKey): Promise<CryptoCreditRow | undefined> {
  return (await tx.select().from(cryptoCredits).where(isCredit(key)).for('update'))[0];
}

export async function findCredit(db: Db, key: CreditKey): Promise<CryptoCreditRow | undefined> {
  return (await db.select().from(cryptoCredits).where(isCredit(key)))[0];
}

export async function insertCredit(tx: Db, credit: CryptoCreditRow): Promise<void> {
  await tx.insert(cryptoCredits).values(credit);
}

type CreditSums = Pick<CryptoCreditRow, 'units' | 'usedUnits'>;

/** The caller holds the credit. */
export async function updateCredit(
  tx: Db,
  { now, units, usedUnits, ...key }: CreditKey & CreditSums & { now: Date },
): Promise<void> {
  await tx.update(cryptoCredits).set({ units, usedUnits, updatedAt: now }).where(isCredit(key));
}

type Change = CreditKey & { by: bigint; now: Date };

/** One more payment takes of it; false where less is left. */
export async function useCredit(tx: Db, { by, now, ...key }: Change): Promise<boolean> {
  const used = sql`${cryptoCredits.usedUnits} + ${by.toString()}::numeric`;
  const rows = await tx
    .update(cryptoCredits)
    .set({ usedUnits: used, updatedAt: now })
    .where(and(isCredit(key), sql`${used} <= ${cryptoCredits.units}`))
    .returning({ id: cryptoCredits.id });
  return rows.length === 1;
}

/** A payment gives back what it took. What is not owed as credit any more cannot be taken again. The caller holds the credit. */
export async function freeCredit(tx: Db, { by, now, ...key }: Change): Promise<void> {
  const usedUnits = sql`${cryptoCredits.usedUnits} - ${by.toString()}::numeric`;
  const source = sql`${cryptoPayments.tenantId} = ${key.tenantId} and ${cryptoPayments.id} = ${key.creditId}`;
  const units = sql`case when exists (select from ${cryptoPayments} where ${source} and ${cryptoPayments.owedAs} = 'credit')
    then ${cryptoCredits.units} else ${usedUnits} end`;
  await tx.update(cryptoCredits).set({ units, usedUnits, updatedAt: now }).where(isCredit(key));
}

/** What was sent back is no credit any more; false where less is left than that. */
export async function takeFromCredit(tx: Db, { by, now, ...key }: Change): Promise<boolean> {
  const units = sql`${cryptoCredits.units} - ${by.toString()}::numeric`;
  const rows = await tx
    .update(cryptoCredits)
    .set({ units, updatedAt: now })
    .where(and(isCredit(key), sql`${units} >= ${cryptoCredits.usedUnits}`))
    .returning({ id: cryptoCredits.id });
  return rows.length === 1;
}

export async function insertCreditUses(tx: Db, uses: readonly CreditUseRow[]): Promise<void> {
  await tx.insert(cryptoCreditUses).values([...uses]);
}

/** Who has taken of a credit and not given it back, the first one first: on crypto_credit_uses_credit_idx. */
export function listUsesOfCredit(db: Db, { tenantId, creditId }: CreditKey): Promise<CreditUseRow[]> {
  const { tenantId: tenant, creditId: credit, releasedAt, createdAt, id } = cryptoCreditUses;
  return db
    .select()
    .from(cryptoCreditUses)
    .where(and(eq(tenant, tenantId), eq(credit, creditId), isNull(releasedAt)))
    .orderBy(asc(createdAt), asc(id));
}

type PaymentKey = { tenantId: string; paymentId: string };
const isUseOf = ({ tenantId, paymentId }: PaymentKey) =>
  and(
    eq(cryptoCreditUses.tenantId, tenantId),
    eq(cryptoCreditUses.paymentId, paymentId),
    isNull(cryptoCreditUses.releasedAt),
  );

/** What a payment has taken and not given back, on crypto_credit_uses_payment_idx. */
export function listUsesOfPayment(db: Db, key: PaymentKey): Promise<CreditUseRow[]> {
  return db.select().from(cryptoCreditUses).where(isUseOf(key)).orderBy(asc(cryptoCreditUses.creditId));
}

/** Once: of two callers one gets them. */
export async function releaseUses(tx: Db, { now, ...key }: PaymentKey & { now: Date }): Promise<CreditUseRow[]> {
  const rows = await tx.update(cryptoCreditUses).set({ releasedAt: now }).where(isUseOf(key)).returning();
  return rows.sort((a, b) => (a.creditId < b.creditId ? -1 : 1));
}

type Loss = { tenantId: string; useId: string; lostUnits: bigint; lostAt: Date | null };

export async function setUseLoss(tx: Db, { tenantId, useId, ...loss }: Loss): Promise<void> {
  await tx
    .update(cryptoCreditUses)
    .set(loss)
    .where(and(eq(cryptoCreditUses.tenantId, tenantId), eq(cryptoCreditUses.id, useId)));
}

type Filter = { tenantId?: string | undefined; userId?: string | undefined; page: PageRequest };

/** What one person has in all brands, on crypto_credits_of_user_idx. */
export function listCreditsOfUser(db: Db, filter: Filter & { userId: string }): Promise<CryptoCreditRow[]> {
  return list(db, filter);
}

/** What a brand owes, newest first, on crypto_credits_list_idx. */
export function listCreditsOfTenant(db: Db, filter: Filter & { tenantId: string }): Promise<CryptoCreditRow[]> {
  return list(db, filter);
}

function list(db: Db, { tenantId, userId, page }: Filter) {
  return db
    .select()
    .from(cryptoCredits)
    .where(
      and(
        tenantId ? eq(cryptoCredits.tenantId, tenantId) : undefined,
        userId ? eq(cryptoCredits.userId, userId) : undefined,
        beforePosition(cryptoCredits.createdAt, cryptoCredits.id, page),
      ),
    )
    .orderBy(desc(cryptoCredits.createdAt), desc(cryptoCredits.id))
    .limit(page.rows);
}
