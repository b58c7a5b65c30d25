import { findPriceByTerms, insertPrice } from '#db/queries/stripe-objects.ts';
import {
  findSubscriptionForUpdate,
  type SubscriptionRow,
  setCardSubscription,
  setSubscriptionPrice,
  updateSubscription,
} from '#db/queries/subscriptions.ts';
import { findTier, type TierRow } from '#db/queries/tiers.ts';
import { withTx } from '../../context.ts';
import { AppError } from '../../lib/errors.ts';
import { PAYMENT_REFUSED } from '../../payments/errors.ts';
import { ensureCustomer } from '../../payments/steps/ensure-customer.ts';
import { ensureDiscount } from './ensure-discount.ts';
import { releaseCoupon } from './settle-coupon.ts';
import { type SubscriptionDeps, type Synced, syncSubscription } from './sync-subscription.ts';

/**
 * Makes the subscription at the processor, or goes on with the one that is there: its id is the idempotency key, so that
 * whoever goes on after a crash gets the same one.
 */
export async function startSubscription(deps: SubscriptionDeps, row: SubscriptionRow): Promise<Synced> {
  if (row.cardSubscriptionId !== null) return syncSubscription(deps, row);
  const { tenantId, id: subscriptionId, userId, account, tierId, trialDays } = row;
  try {
    const tier = await findTier(deps.db, { tenantId, tierId });
    if (!tier) throw new Error('a subscription has lost its tier');
    const priceId = row.priceId ?? (await keepPrice(deps, { row, tier }));
    const discount = await ensureDiscount(deps, row);
    const customerId = await ensureCustomer(deps, { tenantId, userId, account });
    const card = await deps.cards.createSubscription({
      account,
      idempotencyKey: `subscription-${subscriptionId}`,
      customerId,
      priceId,
      trialDays,
      discount,
      metadata: { tenantId, subscriptionId },
    });
    const now = deps.clock.now();
    await setCardSubscription(deps.db, { tenantId, subscriptionId, cardSubscriptionId: card.id, priceId, now });
    return await syncSubscription(deps, { ...row, cardSubscriptionId: card.id, priceId });
  } catch (error) {
    const refusal = deps.cards.refusalOf(error);
    if (!refusal) throw error;
    await refuse(deps, row);
    throw new AppError(PAYMENT_REFUSED, { code: refusal.code });
  }
}

async function refuse(deps: SubscriptionDeps, { tenantId, id: subscriptionId }: SubscriptionRow): Promise<void> {
  const now = deps.clock.now();
  await withTx(deps, async (tx) => {
    const row = await findSubscriptionForUpdate(tx, { tenantId, subscriptionId });
    if (row?.cardSubscriptionId !== null) return;
    const change = { status: 'incomplete_expired' as const, endedAt: now, checkAt: null, version: row.version + 1 };
    await updateSubscription(tx, { tenantId, subscriptionId, change, now });
    await releaseCoupon(tx, { tenantId, subscriptionId, now });
  });
}

/** Written down before it is used: whoever goes on after a crash asks for the same thing, whatever the price is by then. */
async function keepPrice(
  deps: SubscriptionDeps,
  { row, tier }: { row: SubscriptionRow; tier: TierRow },
): Promise<string> {
  const { tenantId, id: subscriptionId, account } = row;
  const priceId = await ensurePrice(deps, { tier, account });
  return setSubscriptionPrice(deps.db, { tenantId, subscriptionId, priceId });
}

/** The tier's price of now at the processor. An old price goes on for those who pay it. */
export async function ensurePrice(
  deps: Pick<SubscriptionDeps, 'db' | 'cards'>,
  { tier, account }: { tier: TierRow; account: string | null },
): Promise<string> {
  const { tenantId, id: tierId, priceAmount: amount, priceCurrency: currency, priceInterval: interval, name } = tier;
  if (amount === null || currency === null || interval === null || interval === 'one_time') {
    throw new Error('the tier does not renew');
  }
  const terms = { tenantId, tierId, account, amount, currency, interval };
  const known = await findPriceByTerms(deps.db, terms);
  if (known) return known.priceId;
  const priceId = await deps.cards.createPrice({
    account,
    idempotencyKey: `price-${tierId}-${amount}-${currency}-${interval}-${tier.updatedAt.getTime()}`,
    name,
    amount,
    currency,
    interval,
    metadata: { tenantId, tierId },
  });
  await insertPrice(deps.db, { ...terms, priceId });
  return (await findPriceByTerms(deps.db, terms))?.priceId ?? priceId;
}
