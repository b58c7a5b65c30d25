import { afterEach, expect } from 'vitest';
import { findBroken } from './invariants.ts';
import { type Club, openClubs, type Subscriber, type Tier, type Who } from './subscriptions.ts';

/** Clubs whose coupons subscribers use; what is counted holds after each test. */
export async function openSubscriptionCoupons() {
  const clubs = await openClubs();
  const { sql, stripe, ask, data, person, subscribe, pay, settle } = clubs;
  const { paymentsOf } = clubs;

  const coupons = ({ tenantId }: Pick<Club, 'tenantId'>) => `coupons/${tenantId}`;
  const makeCoupon = (club: Club, fields: object = {}) => {
    const body = { name: 'Welcome', kind: 'percent', percentOff: 20, ...fields };
    const isAmount = 'kind' in fields && fields.kind !== 'percent';
    return data(ask(club.owner, 'POST', coupons(club), { body: isAmount ? { ...body, percentOff: null } : body }));
  };
  const changeCoupon = (club: Club, { id }: { id: string }, body: object) =>
    data(ask(club.owner, 'PATCH', `${coupons(club)}/${id}`, { body }));
  const usesOf = async (club: Club, { id }: { id: string }) => {
    const { claimed, reserved, redeemed } = (await data(ask(club.owner, 'GET', `${coupons(club)}/${id}`))).uses;
    return [claimed, reserved, redeemed];
  };

  async function begun(tier: Tier, body: object, who?: Who): Promise<Subscriber> {
    const by = who ?? (await person());
    const answer = await subscribe(by, tier, { body });
    expect(answer.status, answer.text).toBe(201);
    const { subscriptionId: id, clientSecret } = answer.body.data;
    return { who: by, id, tier, clientSecret };
  }

  async function paid(tier: Tier, body: object, who?: Who): Promise<Subscriber> {
    const subscriber = await begun(tier, body, who);
    const answer = await pay(subscriber);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    await settle();
    return subscriber;
  }

  const sumsOf = async ({ who }: Subscriber) =>
    (await paymentsOf(who)).map(({ amount, discount }: Record<string, number>) => [amount, discount]);

  const promotionsOf = async ({ id }: { id: string }) => {
    const rows =
      await sql`select promotion_id as promotion, account from stripe_coupons where coupon_id = ${id} order by id`;
    return Promise.all(
      rows.map(({ promotion, account }) =>
        stripe.promotionCodes.retrieve(promotion, {}, account ? { stripeAccount: account } : {}),
      ),
    );
  };

  afterEach(async () => {
    await settle();
    expect(await findBroken(sql)).toEqual([]);
  });

  return { ...clubs, coupons, makeCoupon, changeCoupon, usesOf, begun, paid, sumsOf, promotionsOf };
}
