import { listClaimsOfUser } from '#db/queries/coupon-claims.ts';
import type { CouponClaim } from '#schemas/coupon-claims.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx, UserActor } from '../context.ts';
import { newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentClaim } from './present-claim.ts';

type Input = { tenantId?: string | undefined; limit: number; cursor?: string | undefined };

/** What the caller has claimed and used, in all brands or one, newest first. */
export async function listMyClaims(
  ctx: Ctx<UserActor>,
  { tenantId, limit, cursor }: Input,
): Promise<Page<CouponClaim>> {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `my-claims|${userId}|${tenantId ?? ''}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listClaimsOfUser(ctx.db, { userId, tenantId, page });
  const positionOf = ({ claimedAt, id }: (typeof rows)[number]) => ({ at: claimedAt, id });
  return pageOfRows(rows, { key, list, limit, positionOf, present: presentClaim });
}
