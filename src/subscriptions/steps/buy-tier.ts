import type { Db } from '#db/client.ts';
import { findPaymentByOnceKey, type PaymentRow } from '#db/queries/payments.ts';
import type { TierRow } from '#db/queries/tiers.ts';
import type { AskedCoupon } from '#schemas/payments.ts';
import { type Ctx, type UserActor, withTx } from '../../context.ts';
import { reserveCoupons } from '../../coupons/steps/reserve-coupons.ts';
import { withCoupons } from '../../coupons/steps/with-coupons.ts';
import { onceKeyOf } from '../../idempotency/rules.ts';
import { isUniqueViolation } from '../../lib/database-errors.ts';
import { applyCoupons } from '../../payments/steps/apply-coupons.ts';
import { insertOpenPayment, type Ordering, requireSeller } from '../../payments/steps/open-payment.ts';
import { settlePayment } from '../../payments/steps/settle-payment.ts';
import { cardDepsOf, startCardPayment } from '../../payments/steps/start-card-payment.ts';
import { lineOf } from './open-subscription.ts';

type Wanted = { tier: TierRow; asked: AskedCoupon | null };

/** A tier that is paid once: an ordinary payment whose success gives the membership. */
export async function buyTier(
  ctx: Ctx<UserActor>,
  { tier, asked }: Wanted,
): Promise<{ payment: PaymentRow; clientSecret: string | null }> {
  const payment = (await findBegun(ctx, tier)) ?? (await open(ctx, { tier, asked }));
  if (payment.closedAt !== null) return { payment, clientSecret: null };
  const { payment: started, intent } = await startCardPayment(cardDepsOf(ctx), payment);
  return { payment: started, clientSecret: intent.clientSecret };
}

async function findBegun(ctx: Ctx, { tenantId }: TierRow): Promise<PaymentRow | undefined> {
  const once = onceKeyOf(ctx, tenantId);
  return once && findPaymentByOnceKey(ctx.db, once);
}

async function open(ctx: Ctx<UserActor>, { tier, asked }: Wanted): Promise<PaymentRow> {
  const { tenantId } = tier;
  const { userId } = ctx.actor;
  if (asked && 'code' in asked) await ctx.takeGuess(ctx);
  const now = ctx.clock.now();
  const order = { tenantId, userId, method: 'card' as const, onceKey: ctx.onceKey, now };
  try {
    return await withCoupons(ctx, { tenantId, userId, asked: asked ? [asked] : [] }, () =>
      withTx(ctx, (tx) => insert(tx, { order, tier, asked })),
    );
  } catch (error) {
    const begun = isUniqueViolation(error, 'payments_once_key') && (await findBegun(ctx, tier));
    if (begun) return begun;
    throw error;
  }
}

async function insert(tx: Db, { order, tier, asked }: Wanted & { order: Ordering }): Promise<PaymentRow> {
  const { tenantId, userId, now } = order;
  const tenant = await requireSeller(tx, order);
  const priced = lineOf(tier);
  const used = asked && (await applyCoupons(tx, { tenantId, userId, asked: [asked], priced, now }));
  const off = used && used.discount > 0 ? { discount: used.discount, coupons: used.coupons } : {};
  const bill = { kind: 'membership' as const, ...priced, ...off };
  const payment = await insertOpenPayment(tx, { order, tenant, bill });
  if (used && used.plan.length > 0) await reserveCoupons(tx, { ...used, userId, payment });
  return payment.amount === 0 ? settlePayment(tx, { payment, now }) : payment;
}
