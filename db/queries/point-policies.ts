import { eq } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { pointPolicies } from '../schema/points.ts';

export type PointPolicyRow = typeof pointPolicies.$inferSelect;

export async function findPointPolicy(db: Db, tenantId: string): Promise<PointPolicyRow | undefined> {
  return (await db.select().from(pointPolicies).where(eq(pointPolicies.tenantId, tenantId)))[0];
}

/** The brand's row, held; `fresh` becomes it when there is none. */
export async function holdPointPolicy(db: Db, fresh: PointPolicyRow): Promise<PointPolicyRow> {
  await db.insert(pointPolicies).values(fresh).onConflictDoNothing();
  const isIts = eq(pointPolicies.tenantId, fresh.tenantId);
  const [row] = await db.select().from(pointPolicies).where(isIts).for('update');
  if (!row) throw new Error('a policy is gone');
  return row;
}

export async function updatePointPolicy(db: Db, { tenantId, ...change }: PointPolicyRow): Promise<void> {
  await db.update(pointPolicies).set(change).where(eq(pointPolicies.tenantId, tenantId));
}
