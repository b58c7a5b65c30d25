import type Stripe from 'stripe';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, startSandbox } from '../support/stripe-sandbox.ts';

const { stripe, call, control } = await startSandbox();
let price: Stripe.Price;

beforeAll(async () => {
  const product = (await stripe.products.create({ name: 'Club' })).id;
  price = await stripe.prices.create({ product, currency: 'usd', unit_amount: 1000, recurring: { interval: 'month' } });
});

async function subscribe(discounts: Stripe.SubscriptionCreateParams.Discount[], params: { customer?: string } = {}) {
  const method = 'pm_card_visa';
  const made =
    params.customer ??
    (await stripe.customers.create({ payment_method: method, invoice_settings: { default_payment_method: method } }))
      .id;
  return stripe.subscriptions.create({ customer: made, items: [{ price: price.id }], discounts });
}

/** What the first invoices of a subscription came to. */
async function totals({ id }: Stripe.Subscription, count: number): Promise<number[]> {
  for (let index = 1; index < count; index += 1) {
    const { items } = await stripe.subscriptions.retrieve(id);
    await call('clock/advance', { to: Math.max(items.data[0]?.current_period_end ?? 0, control.now()) });
  }
  const { data } = await stripe.invoices.list({ subscription: id });
  return data.map(({ total }) => total).reverse();
}

describe('coupons', () => {
  it('count once, for some months, or for ever', async () => {
    const once = await stripe.coupons.create({ percent_off: 25, duration: 'once' });
    const repeating = await stripe.coupons.create({
      amount_off: 400,
      currency: 'usd',
      duration: 'repeating',
      duration_in_months: 2,
    });
    const forever = await stripe.coupons.create({ percent_off: 10, duration: 'forever', id: 'TEN' });
    expect(await totals(await subscribe([{ coupon: once.id }]), 3)).toEqual([750, 1000, 1000]);
    expect(await totals(await subscribe([{ coupon: repeating.id }]), 4)).toEqual([600, 600, 1000, 1000]);
    expect(await totals(await subscribe([{ coupon: forever.id }]), 3)).toEqual([900, 900, 900]);
    expect(await stripe.coupons.retrieve('TEN')).toMatchObject({ times_redeemed: 1, valid: true });
  });

  it('show on the subscription and its invoice', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const { id } = await subscribe([{ coupon: coupon.id }]);
    const shown = await stripe.subscriptions.retrieve(id, { expand: ['discounts.source.coupon', 'latest_invoice'] });
    expect(shown.discounts).toMatchObject([
      { object: 'discount', source: { type: 'coupon', coupon: { id: coupon.id, percent_off: 50 } } },
    ]);
    expect(shown.latest_invoice).toMatchObject({
      subtotal: 1000,
      total: 500,
      total_discount_amounts: [{ amount: 500 }],
    });
  });

  it('end: used up, too late, in another currency', async () => {
    const last = await stripe.coupons.create({ percent_off: 5, duration: 'once', max_redemptions: 1 });
    await subscribe([{ coupon: last.id }]);
    expect(await failureOf(subscribe([{ coupon: last.id }]))).toMatchObject({ code: 'coupon_expired' });
    expect((await stripe.coupons.retrieve(last.id)).valid).toBe(false);
    const late = await stripe.coupons.create({ percent_off: 5, duration: 'once', redeem_by: control.now() - 1 });
    expect(await failureOf(subscribe([{ coupon: late.id }]))).toMatchObject({ code: 'coupon_expired' });
    const euro = await stripe.coupons.create({ amount_off: 5, currency: 'eur', duration: 'once' });
    expect(await failureOf(subscribe([{ coupon: euro.id }]))).toMatchObject({ param: 'coupon' });
    await stripe.coupons.del(euro.id);
    expect(await failureOf(subscribe([{ coupon: euro.id }]))).toMatchObject({ code: 'resource_missing' });
  });
});

describe('promotion codes', () => {
  it('redeem their coupon, within their limits', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'once' });
    const make = (params: Partial<Stripe.PromotionCodeCreateParams> = {}) =>
      stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, ...params });
    const code = await make({ code: 'SPRING', max_redemptions: 1 });
    const found = await stripe.promotionCodes.list({ code: 'SPRING', active: true });
    expect(found.data).toMatchObject([{ id: code.id, promotion: { coupon: coupon.id } }]);
    const first = await subscribe([{ promotion_code: code.id }]);
    expect(await totals(first, 1)).toEqual([800]);
    expect(await failureOf(subscribe([{ promotion_code: code.id }]))).toMatchObject({ statusCode: 400 });
    expect(await failureOf(make({ code: 'spring' }))).toMatchObject({ code: 'resource_already_exists' });
    const fresh = await make({ restrictions: { first_time_transaction: true } });
    const again = subscribe([{ promotion_code: fresh.id }], { customer: String(first.customer) });
    expect((await failureOf(again)).message).toContain('prior transactions');
    await stripe.promotionCodes.update(fresh.id, { active: false });
    expect((await failureOf(subscribe([{ promotion_code: fresh.id }]))).message).toContain('no longer active');
  });
});

describe('invoices', () => {
  it('are made by hand, paid, voided, and take what waits', async () => {
    const { id: customer } = await stripe.customers.create({ email: 'i@example.com' });
    await stripe.invoiceItems.create({ customer, amount: 700, currency: 'usd', description: 'Set-up' });
    const draft = await stripe.invoices.create({ customer });
    expect(draft).toMatchObject({ status: 'draft', total: 700, customer_email: 'i@example.com' });
    const open = await stripe.invoices.finalizeInvoice(draft.id ?? '');
    expect(open).toMatchObject({ status: 'open', amount_due: 700 });
    expect(await failureOf(stripe.invoices.pay(draft.id ?? ''))).toMatchObject({ statusCode: 400 });
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    expect(await stripe.invoices.pay(draft.id ?? '', { payment_method: method.id })).toMatchObject({ status: 'paid' });
    await stripe.invoiceItems.create({ customer, amount: 900, currency: 'usd' });
    const second = await stripe.invoices.create({ customer });
    await stripe.invoices.finalizeInvoice(second.id ?? '');
    expect(await stripe.invoices.voidInvoice(second.id ?? '')).toMatchObject({ status: 'void' });
  });
});
