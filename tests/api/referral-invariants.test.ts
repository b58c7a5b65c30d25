import { beforeAll, describe, expect, it } from 'vitest';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, told } from '../support/payments.ts';
import { addDays, jobsAt } from '../support/points.ts';
import { REFERRAL_INVARIANTS } from '../support/referral-invariants.ts';
import { brought, newReferrer, referringShop, track } from '../support/referrals.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

/** The invariants of referrals (G5) are worth what they find: each is broken once here. */
const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
  const milestones = [{ conversions: 2, rewards: [{ kind: 'points', points: 50 }] }];
  const shop = await referringShop(test, { milestones });
  const referrer = await newReferrer(test, shop);
  const { code } = referrer.link;
  await track(test, { code, event: 'click' });
  const friends = [await brought(test, shop, code), await brought(test, shop, code)];
  const cards = ['pm_card_visa', 'pm_card_mastercard'];
  for (const [index, { token }] of friends.entries()) await buy(test, shop, { token, card: cards[index] ?? '' });
  await told(test);
  await jobsAt(test, addDays(15)).expire({});
});

const SABOTAGE: Record<keyof typeof REFERRAL_INVARIANTS, string[]> = {
  'a referral has one reward a side at most': [
    'drop index referral_rewards_once_key',
    `insert into referral_rewards select tenant_id, gen_random_uuid(), referral_id, conversion_id, user_id, side, milestone,
      status, gifts, points, due_at, attempts, waits_for, granted_at, reversed_at, reversed_by, created_at
      from referral_rewards where milestone = 0`,
  ],
  'what was not rewarded as another was is rewarded when that one is gone': [
    `update referral_conversions set findings = '[{"rule": "ALREADY_CONVERTED", "effect": "unrewarded"}]'`,
    'delete from referral_rewards where milestone = 0',
  ],
  'a milestone is rewarded once': [
    'drop index referral_rewards_milestone_key',
    `insert into referral_rewards select tenant_id, gen_random_uuid(), referral_id, conversion_id, user_id, side, milestone,
      status, gifts, points, due_at, attempts, waits_for, granted_at, reversed_at, reversed_by, created_at
      from referral_rewards where milestone > 0`,
  ],
  'a reward stands only with its conversion': [`update referral_conversions set status = 'rejected'`],
  'a reward of a referral gave its points, and one that does not stand gave none': [
    'update referral_rewards set points = points + 1',
  ],
  'nobody brought themselves, and what is under review has a finding': [
    'update referrals set referrer_id = referred_id',
  ],
  'a link has as many clicks as are counted': ['update referral_links set clicks = clicks + 1'],
  'a conversion of a payment stands only while the payment does': [
    `update payments set refunded_amount = amount, refund_reserved = amount`,
  ],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.keys(REFERRAL_INVARIANTS))('notices when it is broken that %s', async (name) => {
    expect(await whatBreaks(sql, { statements: SABOTAGE[name] ?? [] })).toContain(name);
  });
});
