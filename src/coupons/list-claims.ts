import { listClaims as listRows } from '#db/queries/coupon-claims.ts';
import type { ClaimsQuery, CouponClaim } from '#schemas/coupon-claims.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentClaim } from './present-claim.ts';

type Input = ClaimsQuery & { tenantId: string };

/** Who has claimed and used the coupons of a brand, newest first. */
export async function listClaims(ctx: Ctx, { limit, cursor, ...filter }: Input): Promise<Page<CouponClaim>> {
  const { tenantId, couponId = '', userId = '', status = '' } = filter;
  const key = ctx.deps.cursorKey;
  const list = `claims|${tenantId}|${couponId}|${userId}|${status}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { ...filter, page });
  const positionOf = ({ claimedAt, id }: (typeof rows)[number]) => ({ at: claimedAt, id });
  return pageOfRows(rows, { key, list, limit, positionOf, present: presentClaim });
}
