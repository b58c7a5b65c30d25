import { findCode, retireCodes } from '#db/queries/coupon-codes.ts';
import type { CouponCode } from '#schemas/coupon-codes.ts';
import { recordChange } from '../audit/record-change.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentCode } from './present-code.ts';

type Input = { tenantId: string; couponId: string; codeId: string };

/** Nobody can use the code from now on. Who has used it keeps that; given back, it stays revoked. */
export async function revokeCode(ctx: Ctx, { tenantId, couponId, codeId }: Input): Promise<CouponCode> {
  const now = ctx.clock.now();
  return withTx(ctx, async (tx) => {
    const old = await findCode(tx, { tenantId, couponId, codeId });
    if (!old) throw new AppError(NOT_FOUND);
    const isMine = (await retireCodes(tx, { tenantId, codeIds: [codeId], now })).length === 1;
    const code = presentCode({ ...old, revokedAt: old.revokedAt ?? now });
    if (!isMine) return code;
    const target = { type: 'promotion_code', id: codeId };
    const [before, after] = [{ revokedAt: old.revokedAt }, { revokedAt: code.revokedAt }];
    await recordChange(ctx, { db: tx, tenantId, action: 'coupon.code_revoked', target, before, after, now });
    return code;
  });
}
