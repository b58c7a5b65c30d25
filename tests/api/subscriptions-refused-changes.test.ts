import { describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Club, eur, openClubs } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { ask, tierIn, clubWithTier, changeTierOf, teamMember, person, begun, paid, read } = clubs;
const { change, preview, halfWay, settle } = clubs;

describe('a change is refused', () => {
  it.each([
    ['one that is paid once', eur(9000, 'one_time'), 'INTERVAL_MISMATCH'],
    ['another currency', { price: { amount: 900, currency: 'USD', interval: 'month' } }, 'INTERVAL_MISMATCH'],
    ['a free one', { price: null }, 'INTERVAL_MISMATCH'],
    ['an inactive one', { active: false }, 'TIER_UNKNOWN'],
    ['one that costs less than can be charged', eur(10), 'AMOUNT_TOO_SMALL'],
  ])('to %s', async (_what, fields, code) => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const { id } = await tierIn(club, fields);
    const status = code === 'AMOUNT_TOO_SMALL' ? 422 : 409;
    expectRefusal(await preview(subscriber, id), status, code);
    expectRefusal(await change(subscriber, id), status, code);
    expect((await read(subscriber)).subscription.tierId).toBe(tier.id);
  });

  it('to another currency than the one that is paid, whatever the tier costs by now', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const [dollars, euros] = [
      await tierIn(club, { price: { amount: 900, currency: 'USD', interval: 'month' } }),
      await tierIn(club, eur(2000)),
    ];
    await changeTierOf(club, tier.id, { price: { amount: 1100, currency: 'USD', interval: 'month' } });
    expectRefusal(await change(subscriber, dollars.id), 409, 'INTERVAL_MISMATCH');
    expect((await change(subscriber, euros.id)).body.data.subscription.tierId).toBe(euros.id);
    await settle();
  });

  it('to the tier that it has, to an unknown one, to another brand’s', async () => {
    const { tier } = await clubWithTier();
    const { tier: foreign } = await clubWithTier();
    const subscriber = await paid(tier);
    expectRefusal(await change(subscriber, tier.id), 409, 'TIER_UNCHANGED');
    expectRefusal(await change(subscriber, newId()), 409, 'TIER_UNKNOWN');
    expectRefusal(await change(subscriber, foreign.id), 409, 'TIER_UNKNOWN');
    expectRefusal(await change(subscriber, 'gold'), 400, 'VALIDATION_ERROR');
  });

  it('before it is paid, and after it has ended', async () => {
    const { club, tier } = await clubWithTier();
    const other = await tierIn(club, eur(3000));
    const subscriber = await begun(tier);
    expectRefusal(await change(subscriber, other.id), 409, 'SUBSCRIPTION_ENDED');
    await ask(subscriber.who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`);
    const answer = await change(subscriber, other.id);
    expectRefusal(answer, 409, 'SUBSCRIPTION_ENDED');
    expect(answer.body.error.details).toEqual({ status: 'canceled' });
  });

  it('to staff and to strangers; an admin may', async () => {
    const { club, better, subscriber } = await halfWay();
    const staff = await teamMember(club as Club, 'staff');
    expectRefusal(await change(subscriber, better.id, { who: staff }), 403, 'FORBIDDEN');
    expectRefusal(await change(subscriber, better.id, { who: await person() }), 404, 'NOT_FOUND');
    expectRefusal(await preview(subscriber, better.id, await person()), 404, 'NOT_FOUND');
    const answer = await change(subscriber, better.id, { who: club.owner });
    expect(answer.body.data.membership.tier.id).toBe(better.id);
    await settle();
  });
});
