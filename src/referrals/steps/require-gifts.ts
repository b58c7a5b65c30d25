import type { Db } from '#db/client.ts';
import { findCoupon } from '#db/queries/coupons.ts';
import { findProduct } from '#db/queries/products.ts';
import { findTier } from '#db/queries/tiers.ts';
import type { ReferralGift, SetProgrammeBody } from '#schemas/referrals.ts';
import { AppError, VALIDATION_ERROR } from '../../lib/errors.ts';

type Named = { gift: ReferralGift; field: string };

/** Refuses rewards that name what the brand does not have. */
export async function requireGifts(
  db: Db,
  { tenantId, body }: { tenantId: string; body: SetProgrammeBody },
): Promise<void> {
  const at = (field: string) => (gift: ReferralGift, index: number) => ({ gift, field: `${field}.${index}` });
  const all = [
    ...body.referrerRewards.map(at('referrerRewards')),
    ...body.referredRewards.map(at('referredRewards')),
    ...body.milestones.flatMap(({ rewards }, index) => rewards.map(at(`milestones.${index}.rewards`))),
  ];
  const errors = [];
  for (const named of all) errors.push(...(await faultOf(db, { tenantId, ...named })));
  if (errors.length > 0) throw new AppError(VALIDATION_ERROR, { errors });
}

async function faultOf(db: Db, { tenantId, gift, field }: Named & { tenantId: string }) {
  const fault = (name: string, what: string) => [
    { location: 'body', field: `${field}.${name}`, message: `is no ${what} of this brand` },
  ];
  if (gift.kind === 'coupon') {
    const coupon = await findCoupon(db, { tenantId, couponId: gift.couponId });
    return coupon && !coupon.archivedAt ? [] : fault('couponId', 'coupon');
  }
  if (gift.kind === 'product') {
    return (await findProduct(db, { tenantId, productId: gift.productId })) ? [] : fault('productId', 'product');
  }
  if (gift.kind !== 'tier') return [];
  return (await findTier(db, { tenantId, tierId: gift.tierId })) ? [] : fault('tierId', 'tier');
}
