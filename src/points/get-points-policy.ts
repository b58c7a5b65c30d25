import { findPointPolicy } from '#db/queries/point-policies.ts';
import type { PointsPolicy } from '#schemas/points.ts';
import type { Ctx } from '../context.ts';
import { policyOf } from './policy-rules.ts';

/** When points of the brand expire, and what they do to tiers. */
export async function getPointsPolicy(ctx: Ctx, { tenantId }: { tenantId: string }): Promise<PointsPolicy> {
  return policyOf(await findPointPolicy(ctx.db, tenantId));
}
