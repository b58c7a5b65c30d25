import { afterEach, expect } from 'vitest';
import { returnTiers } from '#src/memberships/return-tiers.ts';
import { newMember, reasonsOf } from './coupons.ts';
import { findBroken } from './invariants.ts';
import { connectWebhooks, depsAt, openShop, ownedBy } from './payments.ts';
import type { Person } from './people.ts';
import { balanceOf, countAll, makeQuest } from './quests.ts';
import { expectRefusal } from './refusals.ts';
import { openRows } from './rows.ts';
import { type Answer, startTestApp } from './test-app.ts';

/** A shop with tiers and quests that reward; what is counted holds after each test. */
export async function openRewards() {
  const DAY = 86_400_000;
  const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
  const { sql } = openRows(test.url);
  await connectWebhooks(test);
  const shop = await openShop(test);
  const { tenantId, owner } = shop;
  const base = `quests/tenant/${tenantId}`;
  const basic = await tier('basic', { rank: 0 });
  const silver = await tier('silver', { rank: 5, ...monthly(500) });
  const gold = await tier('gold', { rank: 9, ...monthly(900) });

  function monthly(amount: number) {
    return { price: { amount, currency: 'EUR', interval: 'month' } };
  }

  async function tier(code: string, fields: object): Promise<string> {
    const body = { name: code, code, ...fields };
    const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token: owner.token, body });
    expect(made.status, made.text).toBe(201);
    return made.body.data.id;
  }

  const quest = (rewards: object[], fields: Record<string, unknown> = {}) =>
    makeQuest(test, shop, { kind: 'once', rewards, ...fields });
  const member = () => newMember(test, tenantId);
  const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
  const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
  const owned = ({ token }: { token: string }) => ownedBy(test, shop, token);
  const revoke = async (questId: string, completionId: string) => {
    const body = { reason: 'Not honest' };
    const path = `${base}/${questId}/completions/${completionId}/revoke`;
    const revoked = await test.call('POST', path, { token: owner.token, body });
    expect(revoked.status, revoked.text).toBe(200);
  };
  const claimOf = async ({ token }: { token: string }) =>
    (await test.call('GET', 'coupons/user/claims', { token })).body.data.map(
      ({ id, status }: { id: string; status: string }) => ({ id, status }),
    );
  const loanOf = async ({ userId }: Person) => {
    const [row] = await sql`select tier_id, lent_until, lent_from_tier_id from memberships where user_id = ${userId}`;
    return { tier: row?.['tier_id'], until: row?.['lent_until'], from: row?.['lent_from_tier_id'] };
  };
  const returnedIn = (days: number) => returnTiers(depsAt(test, new Date(Date.now() + days * DAY)));

  function expectUnavailable(answer: Answer, reward: object): void {
    expectRefusal(answer, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(answer)).toEqual(['REWARD_UNAVAILABLE']);
    expect(answer.body.error.details.reward).toEqual(reward);
  }

  afterEach(async () => {
    await countAll(test);
    expect(await findBroken(sql)).toEqual([]);
  });

  return {
    test,
    sql,
    shop,
    tenantId,
    owner,
    base,
    basic,
    silver,
    gold,
    tier,
    quest,
    member,
    of,
    balance,
    owned,
    revoke,
    claimOf,
    loanOf,
    returnedIn,
    expectUnavailable,
  };
}
