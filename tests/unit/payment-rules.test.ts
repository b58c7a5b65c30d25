import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PaymentStatus, paymentStatuses } from '#schemas/payments.ts';
import { type RefundStatus, refundStatuses } from '#schemas/refunds.ts';
import { newId } from '#src/lib/ids.ts';
import { newTrackingId, tenantOfTrackingId } from '#src/lib/tracking-id.ts';
import {
  canMove,
  canRefundMove,
  decideOrder,
  decideRefund,
  mergeItems,
  minimumOf,
  nextCheckAt,
  type Product,
  refundStatusOf,
  statusOfIntent,
  sumsAfter,
} from '#src/payments/rules.ts';
import { nextEventRetry } from '#src/stripe-events/rules.ts';

const movesOf = (from: PaymentStatus) => paymentStatuses.filter((to) => canMove(from, to));
const refundMovesOf = (from: RefundStatus) => refundStatuses.filter((to) => canRefundMove(from, to));

describe('the statuses of a payment', () => {
  it('end with succeeded, canceled and expired, whatever is told later', () => {
    for (const final of ['succeeded', 'canceled', 'expired'] as const) expect(movesOf(final)).toEqual([]);
  });

  it('come from any open one to success, and from none to itself', () => {
    for (const open of ['pending', 'requires_action', 'processing', 'failed'] as const) {
      expect(canMove(open, 'succeeded'), open).toBe(true);
      expect(canMove(open, open), open).toBe(false);
    }
  });

  it('do not expire while the bank works on it', () => {
    expect(canMove('processing', 'expired')).toBe(false);
  });

  it.each([
    ['succeeded', null, 'succeeded'],
    ['canceled', null, 'canceled'],
    ['processing', null, 'processing'],
    ['requires_action', null, 'requires_action'],
    ['requires_payment_method', null, 'pending'],
    ['requires_payment_method', { code: 'generic_decline', message: '' }, 'failed'],
    ['requires_confirmation', null, 'pending'],
    ['requires_capture', null, 'pending'],
    ['succeeded', { code: 'generic_decline', message: '' }, 'succeeded'],
  ])('are, of an intent that is %s after %j: %s', (status, failure, expected) => {
    expect(statusOfIntent({ status, failure })).toBe(expected);
  });
});

describe('an order', () => {
  const product = (change: Partial<Product> = {}): Product => ({
    id: newId(),
    name: 'Beans',
    sku: null,
    status: 'active',
    priceAmount: 1500,
    priceCurrency: 'EUR',
    tierIds: [],
    ...change,
  });
  const decide = (products: Product[], quantities: number[] = [], tierId: string | null = null) =>
    decideOrder(
      products.map(({ id }, index) => ({ productId: id, quantity: quantities[index] ?? 1 })),
      { products, tierId },
    );

  it('costs the sum of its lines, in the order of naming', () => {
    const [beans, filters] = [product({ sku: 'ESP' }), product({ name: 'Filters', priceAmount: 1 })];
    expect(decide([filters, beans], [3, 2])).toEqual({
      ok: true,
      subtotal: 3003,
      currency: 'EUR',
      items: [
        { productId: filters.id, tierId: null, name: 'Filters', sku: null, quantity: 3, unitAmount: 1, amount: 3 },
        { productId: beans.id, tierId: null, name: 'Beans', sku: 'ESP', quantity: 2, unitAmount: 1500, amount: 3000 },
      ],
    });
  });

  it('merges what is named twice, and keeps what it adds up to', () => {
    const [a, b] = [newId(), newId()];
    const one = (productId: string, quantity: number) => ({ productId, quantity });
    expect(mergeItems([one(b, 1), one(a, 2), one(b, 3)])).toEqual([one(b, 4), one(a, 2)]);
    const ids = fc.constantFrom(a, b, newId());
    fc.assert(
      fc.property(fc.array(fc.record({ productId: ids, quantity: fc.integer({ min: 1, max: 10_000 }) })), (asked) => {
        const merged = mergeItems(asked);
        const sum = (items: { quantity: number }[]) => items.reduce((total, { quantity }) => total + quantity, 0);
        expect(sum(merged)).toBe(sum(asked));
        expect(new Set(merged.map(({ productId }) => productId)).size).toBe(merged.length);
      }),
    );
  });

  it('is refused for each product that is not sold, or is not there', () => {
    const [draft, archived, active] = [product({ status: 'draft' }), product({ status: 'archived' }), product()];
    const unknown = newId();
    const asked = [draft.id, active.id, archived.id, unknown].map((productId) => ({ productId, quantity: 1 }));
    expect(decideOrder(asked, { products: [draft, archived, active], tierId: null })).toEqual({
      ok: false,
      reason: 'unavailable',
      productIds: [draft.id, archived.id, unknown],
    });
  });

  it('is refused for what other tiers alone may buy', () => {
    const [gold, silver] = [newId(), newId()];
    const barred = product({ tierIds: [gold] });
    expect(decide([barred])).toMatchObject({ ok: false, reason: 'tier', productIds: [barred.id] });
    expect(decide([barred], [1], silver)).toMatchObject({ ok: false, reason: 'tier' });
    expect(decide([barred], [1], gold)).toMatchObject({ ok: true });
    expect(decide([product({ tierIds: [silver, gold] })], [1], gold)).toMatchObject({ ok: true });
  });

  it('is of one currency', () => {
    const two = [product(), product({ priceCurrency: 'USD' })];
    expect(decide(two)).toEqual({ ok: false, reason: 'currencies', currencies: ['EUR', 'USD'] });
  });

  it('is at most what one charge can be', () => {
    expect(decide([product({ priceAmount: 99_999_999 })])).toMatchObject({ ok: true, subtotal: 99_999_999 });
    expect(decide([product({ priceAmount: 50_000_000 })], [2])).toEqual({ ok: false, reason: 'tooMuch' });
    // The most that can be asked for stays an exact number.
    const most = Array.from({ length: 50 }, () => product({ priceAmount: 99_999_999 }));
    expect(
      decide(
        most,
        most.map(() => 10_000),
      ),
    ).toEqual({ ok: false, reason: 'tooMuch' });
    expect(50 * 10_000 * 99_999_999).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('has a least amount where the processor names one', () => {
    expect([minimumOf('EUR'), minimumOf('GBP'), minimumOf('JPY'), minimumOf('HUF')]).toEqual([50, 30, 50, 17_500]);
    expect(minimumOf('KWD')).toBe(0);
  });
});

describe('what is left of a payment', () => {
  const paid = { status: 'succeeded' as const, amount: 1000, refundReserved: 0, refundedAmount: 0, givenBackAt: null };

  it('is given back when nothing is named, and never more', () => {
    expect(decideRefund(paid, undefined)).toEqual({ ok: true, amount: 1000, isFull: true });
    expect(decideRefund(paid, 999)).toEqual({ ok: true, amount: 999, isFull: false });
    expect(decideRefund(paid, 1001)).toEqual({ ok: false, reason: 'tooMuch', left: 1000 });
    const half = { ...paid, refundReserved: 400 };
    expect(decideRefund(half, undefined)).toEqual({ ok: true, amount: 600, isFull: true });
    expect(decideRefund(half, 601)).toEqual({ ok: false, reason: 'tooMuch', left: 600 });
    expect(decideRefund({ ...paid, refundReserved: 1000 }, undefined)).toMatchObject({ ok: false, reason: 'tooMuch' });
  });

  it('of nothing is given back once, for nothing', () => {
    const free = { ...paid, amount: 0 };
    expect(decideRefund(free, undefined)).toEqual({ ok: true, amount: 0, isFull: true });
    expect(decideRefund(free, 1)).toEqual({ ok: false, reason: 'tooMuch', left: 0 });
    const givenBackAt = new Date();
    expect(decideRefund({ ...free, givenBackAt }, undefined)).toMatchObject({ ok: false, reason: 'tooMuch' });
    expect(refundStatusOf({ ...free, givenBackAt })).toBe('full');
  });

  it.each(paymentStatuses.filter((status) => status !== 'succeeded'))('is nothing of one that is %s', (status) => {
    expect(decideRefund({ ...paid, status }, 1)).toEqual({ ok: false, reason: 'notPaid', left: 0 });
  });

  it.each([
    [{ refundReserved: 0, refundedAmount: 0, givenBackAt: null }, 'none'],
    [{ refundReserved: 300, refundedAmount: 0, givenBackAt: null }, 'pending'],
    [{ refundReserved: 300, refundedAmount: 300, givenBackAt: null }, 'partial'],
    [{ refundReserved: 600, refundedAmount: 300, givenBackAt: null }, 'pending'],
    [{ refundReserved: 1000, refundedAmount: 300, givenBackAt: null }, 'pending'],
    [{ refundReserved: 1000, refundedAmount: 1000, givenBackAt: null }, 'full'],
  ])('shows, with %j, as %s', (sums, expected) => {
    expect(refundStatusOf({ amount: 1000, ...sums })).toBe(expected);
  });

  it('of nothing is not refunded in full', () => {
    expect(refundStatusOf({ amount: 0, refundReserved: 0, refundedAmount: 0, givenBackAt: null })).toBe('none');
  });
});

describe('the statuses of a refund', () => {
  it('go from a request to its decision, and from there as the processor says', () => {
    expect(refundMovesOf('requested')).toEqual(['declined', 'pending']);
    expect(refundMovesOf('pending')).toEqual(['requires_action', 'succeeded', 'failed', 'canceled']);
    for (const final of ['declined', 'failed', 'canceled'] as const) expect(refundMovesOf(final)).toEqual([]);
  });

  it('come back from success only when the bank sends the money back', () => {
    expect(refundMovesOf('succeeded')).toEqual(['failed']);
  });

  it('keep 0 ≤ refunded ≤ reserved ≤ paid, and the sums of the refunds, through any course of them', () => {
    const step = fc.record({
      asked: fc.option(fc.integer({ min: 1, max: 1200 }), { nil: undefined }),
      about: fc.nat(9),
      to: fc.constantFrom(...refundStatuses),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let payment = {
          status: 'succeeded' as const,
          amount: 1000,
          refundReserved: 0,
          refundedAmount: 0,
          givenBackAt: null,
        };
        const refunds: { amount: number; status: RefundStatus }[] = [];
        for (const { asked, about, to } of steps) {
          const decision = decideRefund(payment, asked);
          if (decision.ok) {
            refunds.push({ amount: decision.amount, status: 'pending' });
            payment = { ...payment, refundReserved: payment.refundReserved + decision.amount };
          }
          const refund = refunds[about];
          if (refund && canRefundMove(refund.status, to)) {
            payment = { ...payment, ...sumsAfter(payment, { from: refund.status, to, amount: refund.amount }) };
            refund.status = to;
          }
          const sumOf = (...statuses: RefundStatus[]) =>
            refunds.reduce((sum, one) => sum + (statuses.includes(one.status) ? one.amount : 0), 0);
          expect(payment.refundedAmount).toBe(sumOf('succeeded'));
          expect(payment.refundReserved).toBe(sumOf('pending', 'requires_action', 'succeeded'));
          expect(payment.refundReserved).toBeLessThanOrEqual(payment.amount);
        }
      }),
    );
  });
});

describe('looking again', () => {
  const createdAt = new Date('2026-11-23T00:00:00Z');
  const after = (seconds: number) => new Date(createdAt.getTime() + seconds * 1000);
  const wait = (seconds: number) =>
    (nextCheckAt({ createdAt, now: after(seconds) }).getTime() - after(seconds).getTime()) / 1000;

  it('is soon at first, then ever more seldom, at least hourly', () => {
    expect([wait(0), wait(10), wait(60), wait(1800), wait(86_400)]).toEqual([30, 30, 60, 1800, 3600]);
    // A clock that runs behind the one of another process.
    expect(wait(-100)).toBe(30);
  });

  it('at an event doubles its waits up to an hour, and leaves it to a person after thirty tries', () => {
    const now = createdAt;
    const retry = (attempts: number) => {
      const at = nextEventRetry(attempts, now);
      return at && (at.getTime() - now.getTime()) / 1000;
    };
    expect([0, 1, 2, 3, 8, 29, 30, 31].map(retry)).toEqual([30, 30, 60, 120, 3600, 3600, null, null]);
    const total = Array.from({ length: 29 }, (_, index) => retry(index + 1) ?? 0).reduce((sum, one) => sum + one, 0);
    expect(total).toBeGreaterThan(20 * 3600);
  });
});

describe('a tracking id', () => {
  it('names its brand, and no two are alike', () => {
    const tenantId = newId();
    const ids = Array.from({ length: 1000 }, () => newTrackingId(tenantId));
    expect(new Set(ids).size).toBe(1000);
    expect(new Set(ids.map(tenantOfTrackingId))).toEqual(new Set([tenantId]));
  });

  it.each(['', 'trk_', 'trk_short', `trk_${'A'.repeat(44)}`, `trk_${'='.repeat(43)}`, `TRK_${'A'.repeat(43)}`])(
    'is not %j',
    (text) => expect(tenantOfTrackingId(text)).toBeNull(),
  );
});
