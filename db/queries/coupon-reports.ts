import { and, eq, lt, sql } from 'drizzle-orm';
import { textArray } from '../batched.ts';
import type { Db } from '../client.ts';
import { memberships } from '../schema/memberships.ts';
import { payments } from '../schema/payments.ts';
import { users } from '../schema/users.ts';

type Period = { tenantId: string; at: Date; afterId: string; to: Date; rows: number };

const isBought = sql`${payments.status} = 'succeeded' and ${payments.kind} <> 'subscription'
  and (${payments.amount} = 0 or ${payments.refundedAmount} < ${payments.amount})`;

/** What was bought and not given back, in order of time, with who bought it: one page, on payments_list_idx. */
export function listBought(db: Db, { tenantId, at, afterId, to, rows }: Period) {
  const { id, userId, createdAt, currency, subtotal, items } = payments;
  return db
    .select({
      ...{ id, userId, createdAt, currency, subtotal, items },
      email: users.email,
      membership: { status: memberships.status, endsAt: memberships.endsAt, tierId: memberships.tierId },
    })
    .from(payments)
    .leftJoin(users, eq(users.id, payments.userId))
    .leftJoin(memberships, and(eq(memberships.tenantId, payments.tenantId), eq(memberships.userId, payments.userId)))
    .where(
      and(
        eq(payments.tenantId, tenantId),
        sql`(${createdAt}, ${id}) > (${at.toISOString()}::timestamptz, ${afterId}::uuid)`,
        lt(createdAt, to),
        isBought,
      ),
    )
    .orderBy(createdAt, id)
    .limit(rows);
}

/** The first that each of these people has bought and kept, on payments_of_user_idx. */
export async function listFirstBought(
  db: Db,
  { tenantId, userIds }: { tenantId: string; userIds: readonly string[] },
): Promise<{ userId: string; paymentId: string }[]> {
  const first = db
    .select({ id: payments.id })
    .from(payments)
    .where(
      and(
        eq(payments.tenantId, tenantId),
        sql`${payments.userId} = "asked"."id"`,
        eq(payments.status, sql.raw("'succeeded'")),
        sql`(${payments.amount} = 0 or ${payments.refundedAmount} < ${payments.amount})`,
      ),
    )
    .orderBy(payments.createdAt, payments.id)
    .limit(1)
    .as('first');
  return db
    .select({ userId: sql<string>`"asked"."id"`, paymentId: first.id })
    .from(sql`unnest(${textArray(userIds)}::uuid[]) as "asked"("id")`)
    .crossJoinLateral(first);
}
