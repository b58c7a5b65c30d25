import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cart, computeDiscount, type Line, type MoneyTerms, takeOff } from '#src/coupons/discount-rules.ts';
import { unaliasEmail } from '#src/coupons/identity-rules.ts';
import { cartOf, decideStack } from '#src/coupons/order-rules.ts';
import * as rules from '#src/coupons/rules.ts';
import { faultsOf } from '#src/coupons/terms-rules.ts';
import { newClaimCode, readClaimCode } from '#src/lib/random-codes.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const money = (change: Partial<MoneyTerms> = {}): MoneyTerms => ({
  ...{ kind: 'percent', percentOff: 10, amountOff: null, currency: 'EUR', currencyOptions: {}, productId: null },
  ...{ maxDiscount: null, minSubtotal: null, productIds: [], budgets: [], ...change },
});
const terms = (change: Partial<rules.Terms> = {}): rules.Terms & { id: string } => ({
  ...{ id: 'a', ...money(), startsAt: null, endsAt: null, hours: [], maxPerUser: null, perUserPeriod: null },
  ...{ firstPurchaseOnly: false, tierIds: [], public: true, stackable: false, active: true },
  ...{ pausedAt: null, archivedAt: null, ...change },
});
const usage = (change: Partial<rules.Usage> = {}): rules.Usage => ({
  ...{ maxRedemptions: null, taken: 0, codes: 0, uses: [], firstPurchases: 0, budgets: [], hasOpenClaim: false },
  ...change,
});
const cart = (subtotal: number | null, change: Partial<Cart> = {}): Cart => ({
  ...{ currency: subtotal === null ? null : 'EUR', subtotal, productIds: subtotal === null ? null : [], lines: null },
  ...change,
});
const member: rules.Member = { isMember: true, tierId: 'gold', hasBought: false };
const question = (change: Partial<rules.Question> = {}): rules.Question => ({
  ...{ purpose: 'claim', usage: usage(), member, cart: cart(null), isHeld: false, code: null },
  ...{ timezone: 'UTC', now: NOW, ...change },
});
const line = (productId: string, unitAmount: number, quantity = 1): Line => ({
  ...{ productId, quantity, unitAmount, left: unitAmount * quantity },
});

describe('what a coupon takes off', () => {
  it.each([
    ['ten per cent', {}, cart(1999), 199],
    ['an odd per cent, down', { percentOff: 33.33 }, cart(1000), 333],
    ['all', { percentOff: 100 }, cart(12345), 12345],
    ['at most its limit', { maxDiscount: 50 }, cart(10_000), 50],
    ['a sum', { kind: 'amount', percentOff: null, amountOff: 500 }, cart(2000), 500],
    ['never more than there is', { kind: 'amount', percentOff: null, amountOff: 500 }, cart(300), 300],
    ['nothing of nothing', {}, cart(0), 0],
    ['nothing that is known, of an unknown cart', {}, cart(null), null],
    ['yen', {}, cart(999, { currency: 'JPY' }), 99],
    ['dinars in steps of ten', {}, cart(10_050, { currency: 'KWD' }), 1000],
    [
      'nothing in a currency that it has no sum for',
      { kind: 'amount', percentOff: null, amountOff: 5 },
      cart(9, { currency: 'USD' }),
      null,
    ],
    ['the largest sums exactly', { percentOff: 99.99 }, cart(99_999_999), 99_989_999],
  ] as [string, Partial<MoneyTerms>, Cart, number | null][])('%s', (_name, change, of, off) => {
    expect(computeDiscount(money(change), of)).toBe(off);
  });

  it('is of the lines that it is for, and one piece of a product', () => {
    const lines = [line('a', 1000, 2), line('b', 300)];
    const of = (change: Partial<MoneyTerms>) => computeDiscount(money(change), cart(2300, { lines }));
    expect(of({ percentOff: 50, productIds: ['b'] })).toBe(150);
    expect(of({ kind: 'product', percentOff: null, productId: 'a' })).toBe(1000);
    expect(of({ kind: 'product', percentOff: null, productId: 'c' })).toBe(0);
  });

  it('is spread over its lines, to the last minor unit, and over no others', () => {
    const amounts = fc.array(fc.record({ amount: fc.nat(100_000), isMeant: fc.boolean() }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(amounts, fc.nat(), (given, wanted) => {
        const lines = given.map(({ amount, isMeant }) => line(isMeant ? 'meant' : 'other', amount));
        const total = given.reduce((sum, { amount, isMeant }) => (isMeant ? sum + amount : sum), 0);
        const discount = total === 0 ? 0 : wanted % (total + 1);
        const after = takeOff(money({ productIds: ['meant'] }), lines, discount);
        const lost = lines.map(({ left }, index) => left - (after[index]?.left ?? 0));
        expect(lost.reduce((sum, one) => sum + one, 0)).toBe(discount);
        expect(after.every(({ left }) => left >= 0)).toBe(true);
        expect(lost.every((one, index) => one === 0 || given[index]?.isMeant)).toBe(true);
      }),
    );
  });
});

describe('why a coupon cannot be used', () => {
  const reasons = (change: Partial<rules.Terms>, asked: Partial<rules.Question> = {}) =>
    rules.decideEligibility(terms(change), question(asked)).reasons;
  const use = { purpose: 'use' as const };

  it.each([
    [[], {}, {}],
    [['DISABLED'], { active: false }, {}],
    [['DISABLED'], { pausedAt: NOW }, {}],
    [['DISABLED'], { archivedAt: NOW }, {}],
    [['NOT_STARTED'], { startsAt: new Date(NOW.getTime() + 1) }, {}],
    [[], { startsAt: NOW }, {}],
    [['EXPIRED'], { endsAt: NOW }, {}],
    [['QUANTITY_EXCEEDED'], {}, { usage: usage({ maxRedemptions: 3, taken: 3 }) }],
    [[], {}, { usage: usage({ maxRedemptions: 3, taken: 2 }) }],
    [[], {}, { ...use, isHeld: true, usage: usage({ maxRedemptions: 3, taken: 3 }) }],
    [['QUANTITY_EXCEEDED'], {}, { ...use, code: { isUsed: true } }],
    [['CUSTOMER_LIMIT'], { maxPerUser: 2 }, { usage: usage({ uses: [{ period: 'all', used: 2 }] }) }],
    [[], { maxPerUser: 2 }, { usage: usage({ uses: [{ period: 'day', used: 2 }] }) }],
    [
      ['CUSTOMER_LIMIT'],
      { perUserPeriod: { limit: 1, every: 'week' } },
      { usage: usage({ uses: [{ period: 'week', used: 1 }] }) },
    ],
    [['NOT_FIRST_PURCHASE'], { firstPurchaseOnly: true }, { member: { ...member, hasBought: true } }],
    [['NOT_FIRST_PURCHASE'], { firstPurchaseOnly: true }, { usage: usage({ firstPurchases: 1 }) }],
    [['ALREADY_CLAIMED'], {}, { usage: usage({ hasOpenClaim: true }) }],
    [[], {}, { ...use, usage: usage({ hasOpenClaim: true }) }],
    [['NOT_A_MEMBER'], { tierIds: ['gold'] }, { member: { ...member, isMember: false, tierId: null } }],
    [['TIER_REQUIRED'], { tierIds: ['silver'] }, {}],
    [[], { tierIds: ['gold'] }, {}],
    [[], { tierIds: ['gold'], maxPerUser: 1 }, { member: null }],
    [['CODE_REQUIRED'], { public: false }, { usage: usage({ codes: 5 }) }],
    [[], { public: false }, { usage: usage({ codes: 5 }), code: { isUsed: false } }],
    [['MIN_AMOUNT'], { minSubtotal: 1000 }, { cart: cart(999) }],
    [[], { minSubtotal: 1000 }, { cart: cart(1000) }],
    [['CURRENCY_MISMATCH'], { minSubtotal: 1000 }, { cart: cart(5000, { currency: 'USD' }) }],
    [['PRODUCT_REQUIRED'], { productIds: ['a'] }, { cart: cart(1000, { productIds: ['b'] }) }],
    [[], { productIds: ['a'] }, { cart: cart(1000, { productIds: ['a', 'b'] }) }],
    [['MIN_AMOUNT'], { minSubtotal: 1000 }, { purpose: 'till', cart: cart(null, { currency: 'EUR' }) }],
  ] as [string[], Partial<rules.Terms>, Partial<rules.Question>][])('%j: %j', (expected, change, asked) => {
    expect(reasons(change, asked)).toEqual(expected);
  });

  it('is a budget that is used up, in its period and currency', () => {
    const budgets = [{ measure: 'discount' as const, period: 'day' as const, limit: 500, currency: 'EUR' }];
    const used = (sum: number) =>
      usage({ budgets: [{ measure: 'discount', period: 'day', currency: 'EUR', used: sum }] });
    const asked = (sum: number) => reasons({ budgets }, { ...use, cart: cart(1000), usage: used(sum) });
    expect(asked(400)).toEqual([]);
    expect(asked(401)).toEqual(['BUDGET_EXHAUSTED']);
    expect(reasons({ budgets }, { ...use, cart: cart(1000, { currency: 'USD' }) })).toEqual(['CURRENCY_MISMATCH']);
  });
});

describe('hours', () => {
  const hours = [{ days: ['mon' as const], from: '22:00', to: '02:00' }];
  const isOpen = (text: string, timezone = 'UTC') => rules.isWithinHours(hours, { timezone, now: new Date(text) });

  it.each([
    ['2026-11-23T21:59:59.999Z', false],
    ['2026-11-23T22:00:00Z', true],
    ['2026-11-24T01:59:59.999Z', true],
    ['2026-11-24T02:00:00Z', false],
    ['2026-11-24T23:00:00Z', false],
  ])('cross midnight: %s', (text, expected) => expect(isOpen(text)).toBe(expected));

  it.each([
    ['Asia/Kathmandu', '2026-11-23T16:15:00Z', true],
    ['Asia/Kathmandu', '2026-11-23T16:14:59Z', false],
    ['Pacific/Kiritimati', '2026-11-23T08:00:00Z', true],
    ['Pacific/Pago_Pago', '2026-11-24T09:00:00Z', true],
  ])('are those of the wall in %s: %s', (timezone, text, expected) => expect(isOpen(text, timezone)).toBe(expected));

  it('say when they open next', () => {
    const next = rules.nextOpening(hours, { timezone: 'Europe/Berlin', now: new Date('2026-11-24T02:00:00Z') });
    expect(next?.toISOString()).toBe('2026-11-30T21:00:00.000Z');
  });
});

describe('several coupons', () => {
  const order = cartOf({
    items: [{ productId: 'p', quantity: 1, unitAmount: 2000, amount: 2000 }],
    subtotal: 2000,
    currency: 'EUR',
  });
  const candidate = (id: string, change: Partial<rules.Terms> = {}) => {
    const { cart: _cart, ...asked } = question({ purpose: 'use' });
    return { terms: { ...terms({ stackable: true, ...change }), id }, question: asked };
  };
  const five = { kind: 'amount' as const, percentOff: null, amountOff: 500 };

  it('apply in their order, and say which took nothing off', () => {
    const both = [candidate('a'), candidate('b', five)];
    expect(decideStack(both, order)).toMatchObject({ ok: true, discount: 700, skipped: [] });
    expect(decideStack([...both].reverse(), order)).toMatchObject({ ok: true, discount: 650 });
    const all = [candidate('a', { percentOff: 100 }), candidate('b', five)];
    expect(decideStack(all, order)).toMatchObject({ ok: true, discount: 2000, skipped: [1] });
  });

  it('go together only if all of them may, and each once', () => {
    const refused = { ok: false, reasons: ['NOT_STACKABLE'] };
    expect(decideStack([candidate('a'), candidate('b', { stackable: false })], order)).toMatchObject(refused);
    expect(decideStack([candidate('a'), candidate('a')], order)).toMatchObject(refused);
    expect(decideStack([candidate('a', { stackable: false })], order).ok).toBe(true);
  });

  it('never make the total less than 0', () => {
    const gift = fc.oneof(
      fc.record({ percentOff: fc.integer({ min: 1, max: 10_000 }).map((hundredths) => hundredths / 100) }),
      fc.record({
        kind: fc.constant('amount' as const),
        percentOff: fc.constant(null),
        amountOff: fc.integer({ min: 1, max: 5000 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(gift, { maxLength: 30 }), (gifts) => {
        const decision = decideStack(
          gifts.map((one, n) => candidate(String(n), one)),
          order,
        );
        if (!decision.ok) throw new Error('refused');
        expect(decision.discount).toBeLessThanOrEqual(2000);
        expect(decision.discount).toBe(decision.applied.reduce((sum, { discount }) => sum + discount, 0));
        expect(decision.applied.every(({ discount }) => discount > 0)).toBe(true);
      }),
    );
  });
});

describe('names and codes', () => {
  it.each([
    ['SUMMER-10', 'SUMMER-10'],
    ['summer_10', 'SUMMER_10'],
    ['\u017fummer', null],
    ['\u212aIWI', null],
    ['ab', null],
    ['a b c', null],
    ['\uff21BC', null],
    ['x'.repeat(41), null],
  ])('the code %s is %s', (typed, key) => expect(rules.codeKeyOf(typed)).toBe(key));

  it.each([
    ['Ada.L+shop@Gmail.com', 'adal@gmail.com'],
    ['adal@googlemail.com', 'adal@gmail.com'],
    ['ada.l+x@example.com', 'ada.l@example.com'],
    ['+x@example.com', '+x@example.com'],
  ])('%s is %s', (email, known) => expect(unaliasEmail(email)).toBe(known));

  it('a claim code is read as people type it', () => {
    const code = newClaimCode();
    expect(readClaimCode(code.toLowerCase().replaceAll('-', ' '))).toBe(code);
    expect(readClaimCode(`${code}2`)).toBeNull();
    expect(readClaimCode('\u017f'.repeat(16))).toBeNull();
  });

  it('a use moves as its table says', () => {
    expect(rules.canMove('claimed', 'reserved')).toBe(true);
    expect(rules.canMove('released', 'claimed')).toBe(false);
    expect(rules.canMove('redeemed', 'released')).toBe(true);
    expect(rules.canRollBack(new Date('2026-08-23T12:00:00Z'), new Date('2026-11-23T11:59:59Z'))).toBe(true);
    expect(rules.canRollBack(new Date('2026-08-23T12:00:00Z'), NOW)).toBe(false);
  });

  it('terms that contradict each other are found', () => {
    const bad = { ...terms(), duration: 'repeating' as const, durationInMonths: null, amountOff: 5 };
    expect(faultsOf(bad).map(({ field }) => field)).toEqual(['amountOff', 'durationInMonths']);
  });
});
