import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expireClaims } from '#src/coupons/expire-claims.ts';
import { claim, makeCoupon, newMember, usesOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import {
  CARDS,
  cancel,
  confirm,
  connectWebhooks,
  depsAt,
  inMinutes,
  openShop,
  order,
  refund,
  told,
} from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

/** Random histories of one coupon, against a model that a child could check: who has how many of the few. */
const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test, { price: { amount: 2000, currency: 'EUR' } });
const { tenantId, owner } = shop;
const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
const MAX = 3;
const EACH = 2;
/** One for each of the three: who pays with the card of another counts as the same customer. */
const OWN_CARD = [CARDS.visa, CARDS.mastercard, CARDS.amex];

type Use = {
  user: number;
  status: 'claimed' | 'reserved' | 'redeemed';
  claimId?: string;
  paymentId?: string;
  secret?: string;
};
type Step = { what: 'claim' | 'release' | 'expire' | 'pay' | 'confirm' | 'cancel' | 'refund' | 'race'; user: number };

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom('claim', 'claim', 'release', 'expire', 'pay', 'pay', 'confirm', 'cancel', 'refund', 'race'),
    user: fc.nat(2),
  }),
  { minLength: 4, maxLength: 16 },
);

let count = 0;

async function newHistory() {
  count += 1;
  const code = `HISTORY-${count}`;
  const people = [await newMember(test, tenantId), await newMember(test, tenantId), await newMember(test, tenantId)];
  const coupon = await makeCoupon(test, shop, { code, maxRedemptions: MAX, maxPerUser: EACH });
  return { code, couponId: coupon.id as string, tokens: people.map(({ token }) => token), uses: [] as Use[] };
}
type History = Awaited<ReturnType<typeof newHistory>>;

const isFree = ({ uses }: History, user: number) =>
  uses.length < MAX && uses.filter((use) => use.user === user).length < EACH;
const openOf = ({ uses }: History, user: number, status: Use['status']) =>
  uses.find((use) => use.user === user && use.status === status);

const DO: Record<Step['what'], (history: History, user: number) => Promise<void>> = {
  claim: async (history, user) => {
    const { couponId, tokens, uses } = history;
    const mayClaim = isFree(history, user) && !openOf(history, user, 'claimed');
    const answer = await claim(test, { tenantId, couponId, token: tokens[user] ?? '' });
    expect(answer.status, answer.text).toBe(mayClaim ? 201 : 409);
    if (mayClaim) uses.push({ user, status: 'claimed', claimId: answer.body.data.claim.id });
  },
  release: async (history, user) => {
    const use = openOf(history, user, 'claimed');
    if (!use) return;
    const url = `coupons/${tenantId}/claims/${use.claimId}/release`;
    expect((await test.call('POST', url, { token: history.tokens[user] ?? '' })).status).toBe(200);
    drop(history, use);
  },
  expire: async (history) => {
    await expireClaims(depsAt(test, inMinutes(31)));
    for (const use of history.uses.filter(({ status }) => status === 'claimed')) drop(history, use);
  },
  pay: async (history, user) => {
    const held = openOf(history, user, 'claimed');
    const mayPay = held !== undefined || isFree(history, user);
    const answer = await order(test, shop, { token: history.tokens[user] ?? '', body: { couponCode: history.code } });
    expect(answer.status, answer.text).toBe(mayPay ? 201 : 409);
    if (!mayPay) return;
    const { payment, card } = answer.body.data;
    if (held) drop(history, held);
    history.uses.push({ user, status: 'reserved', paymentId: payment.id, secret: card.clientSecret });
  },
  confirm: async (history, user) => {
    const use = openOf(history, user, 'reserved');
    if (!use) return;
    await confirm(test, use.secret ?? '', OWN_CARD[user]);
    await told(test);
    use.status = 'redeemed';
  },
  cancel: async (history, user) => {
    const use = openOf(history, user, 'reserved');
    if (!use) return;
    expect((await cancel(test, use.paymentId ?? '', history.tokens[user] ?? '')).status).toBe(200);
    drop(history, use);
  },
  refund: async (history, user) => {
    const use = openOf(history, user, 'redeemed');
    if (!use) return;
    expect((await refund(test, use.paymentId ?? '', { token: owner.token })).status).toBe(201);
    await told(test);
    drop(history, use);
  },
  // All of them at once, each twice: as many as there are left for each get one.
  race: async (history) => {
    const { couponId, tokens, uses } = history;
    const [before, may] = [
      uses.length,
      tokens.map((_, user) => isFree(history, user) && !openOf(history, user, 'claimed')),
    ];
    const callers = [...tokens.keys(), ...tokens.keys()];
    const answers = await Promise.all(
      callers.map((user) => claim(test, { tenantId, couponId, token: tokens[user] ?? '' })),
    );
    for (const [index, { status, body }] of answers.entries()) {
      if (status === 201) uses.push({ user: callers[index] ?? 0, status: 'claimed', claimId: body.data.claim.id });
    }
    expect(uses.length - before).toBe(Math.min(MAX - before, may.filter(Boolean).length));
  },
};

function drop({ uses }: History, use: Use): void {
  uses.splice(uses.indexOf(use), 1);
}

it('of claims, payments, refunds and expiries count as the model does', async () => {
  const property = fc.asyncProperty(steps, async (history) => {
    const state = await newHistory();
    for (const { what, user } of history) {
      await DO[what](state, user);
      const counted = (status: Use['status']) => state.uses.filter((use) => use.status === status).length;
      const expected = [counted('claimed'), counted('reserved'), counted('redeemed')];
      expect(await usesOf(test, shop, state.couponId), what).toEqual(expected);
    }
    expect(await findBroken(sql)).toEqual([]);
  });
  await fc.assert(property, { numRuns: 60 });
}, 180_000);
