import { holdPointPolicy, updatePointPolicy } from '#db/queries/point-policies.ts';
import type { PointsPolicy } from '#schemas/points.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { columnsOfPolicy, DEFAULT_POLICY, policyOf } from './policy-rules.ts';

type Input = { tenantId: string; body: PointsPolicy };

/** Sets the whole policy. A job notes for all members when their points expire now; tiers follow with the next movement. */
export async function setPointsPolicy(ctx: Ctx, { tenantId, body }: Input): Promise<PointsPolicy> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const fresh = { tenantId, ...columnsOfPolicy(DEFAULT_POLICY), updatedAt: now };
    const before = policyOf(await holdPointPolicy(tx, fresh));
    const columns = columnsOfPolicy(body);
    await updatePointPolicy(tx, { tenantId, ...columns, updatedAt: now });
    const after = policyOf(columns);
    const target = { type: 'pointsPolicy', id: tenantId };
    await recordChange(ctx, { db: tx, tenantId, action: 'pointsPolicy.updated', target, before, after, now });
    await ctx.deps.jobs.enqueue(tx, 'pointsPolicy', { tenantId });
    return after;
  });
}
