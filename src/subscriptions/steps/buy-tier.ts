import { findPaymentByOnceKey, type PaymentRow } from '#db/queries/payments.ts';
import type { TierRow } from '#db/queries/tiers.ts';
import { type Ctx, type UserActor, withTx } from '../../context.ts';
import { onceKeyOf } from '../../idempotency/rules.ts';
import { isUniqueViolation } from '../../lib/database-errors.ts';
import { insertOpenPayment, requireSeller } from '../../payments/steps/open-payment.ts';
import { cardDepsOf, startCardPayment } from '../../payments/steps/start-card-payment.ts';

/** A tier that is paid once: an ordinary payment whose success gives the membership. */
export async function buyTier(
  ctx: Ctx<UserActor>,
  tier: TierRow,
): Promise<{ payment: PaymentRow; clientSecret: string | null }> {
  const payment = (await findBegun(ctx, tier)) ?? (await open(ctx, tier));
  if (payment.closedAt !== null) return { payment, clientSecret: null };
  const { payment: started, intent } = await startCardPayment(cardDepsOf(ctx), payment);
  return { payment: started, clientSecret: intent.clientSecret };
}

async function findBegun(ctx: Ctx, { tenantId }: TierRow): Promise<PaymentRow | undefined> {
  const once = onceKeyOf(ctx, tenantId);
  return once && findPaymentByOnceKey(ctx.db, once);
}

async function open(ctx: Ctx<UserActor>, tier: TierRow): Promise<PaymentRow> {
  const { tenantId, id: tierId, name, priceAmount: amount, priceCurrency: currency } = tier;
  if (amount === null || currency === null) throw new Error('the tier has no price');
  const line = { productId: null, tierId, name, sku: null, quantity: 1, unitAmount: amount, amount };
  const bill = { kind: 'membership' as const, items: [line], subtotal: amount, currency };
  const { userId } = ctx.actor;
  const order = { tenantId, userId, method: 'card' as const, onceKey: ctx.onceKey, now: ctx.clock.now() };
  try {
    return await withTx(ctx, async (tx) =>
      insertOpenPayment(tx, { order, tenant: await requireSeller(tx, order), bill }),
    );
  } catch (error) {
    const begun = isUniqueViolation(error, 'payments_once_key') && (await findBegun(ctx, tier));
    if (begun) return begun;
    throw error;
  }
}
