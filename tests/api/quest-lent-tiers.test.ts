import { describe, expect, it } from 'vitest';
import { buy, confirm, refund, told } from '../support/payments.ts';
import type { Person } from '../support/people.ts';
import { openRewards } from '../support/quest-rewards.ts';
import { complete, countAll, progressOf, taken } from '../support/quests.ts';

const DAY = 86_400_000;
const { test, sql, shop, tenantId, owner, basic, silver, gold, quest, member, of, revoke, loanOf, returnedIn } =
  await openRewards();

describe('a tier for a time', () => {
  const lending = (tierId: string, days: number) => quest([{ kind: 'tier', tierId, days }]);
  const lend = async (one: Person, tierId: string, days: number) => {
    const { id } = await lending(tierId, days);
    const { completion, claim } = await taken(complete(test, of(id, one)));
    return { questId: id, completionId: completion.id as string, rewards: claim.rewards };
  };
  const days = (until: Date | null) => Math.round(((until?.getTime() ?? 0) - Date.now()) / DAY);

  it('goes back to the one before when it is over, and not earlier', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await returnedIn(9.9);
    expect((await loanOf(one)).tier).toBe(silver);
    await returnedIn(10.1);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
    const events = await sql`select data->'tier'->>'code' as code from events
      where type = 'membership.updated' and data->>'userId' = ${one.userId} order by position`;
    expect(events.map(({ code }) => code)).toEqual(['silver', 'basic']);
  });

  it('is prolonged by the same one, and shortened when that is taken back', async () => {
    const one = await member();
    const first = await lend(one, silver, 10);
    await lend(one, silver, 5);
    expect(days((await loanOf(one)).until)).toBe(15);
    await revoke(first.questId, first.completionId);
    expect(await loanOf(one)).toMatchObject({ tier: silver, from: basic });
    expect(days((await loanOf(one)).until)).toBe(5);
  });

  it('is given up for a higher one, and is nothing to who has a higher one', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await lend(one, gold, 2);
    expect(await loanOf(one)).toMatchObject({ tier: gold, from: basic });
    expect((await lend(one, silver, 10)).rewards).toEqual([]);
    await returnedIn(2.1);
    expect((await loanOf(one)).tier).toBe(basic);
  });

  it('is gone for who leaves and joins again', async () => {
    const one = await member();
    const lent = await lend(one, silver, 10);
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: one.token });
    const joined = await test.call('POST', `tenants/${tenantId}/membership/join`, { token: one.token });
    expect(joined.status, joined.text).toBe(201);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect(await loanOf(one)).toEqual({ tier: basic, until: null, from: null });
  });

  it('comes back to nobody who has left', async () => {
    const one = await member();
    await lend(one, silver, 10);
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: one.token });
    await returnedIn(11);
    const [row] = await sql`select status, lent_until from memberships where user_id = ${one.userId}`;
    expect(row).toEqual({ status: 'canceled', lent_until: null });
  });

  it('does not touch one that is paid for meanwhile', async () => {
    const one = await member();
    const lent = await lend(one, silver, 10);
    const body = { tenantId, tierId: gold };
    const begun = await test.call('POST', 'stripe/subscribe', { token: one.token, body });
    expect(begun.status, begun.text).toBe(201);
    await confirm(test, begun.body.data.clientSecret);
    await told(test);
    expect(await loanOf(one)).toEqual({ tier: gold, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect((await loanOf(one)).tier).toBe(gold);
    expect((await lend(one, gold, 3)).rewards).toEqual([]);
  });

  it('of the same kind as one that is paid for meanwhile is paid for, not lent', async () => {
    const one = await member();
    const lent = await lend(one, gold, 10);
    const body = { tenantId, tierId: gold };
    const begun = await test.call('POST', 'stripe/subscribe', { token: one.token, body });
    expect(begun.status, begun.text).toBe(201);
    await confirm(test, begun.body.data.clientSecret);
    await told(test);
    expect(await loanOf(one)).toEqual({ tier: gold, until: null, from: null });
    await revoke(lent.questId, lent.completionId);
    await returnedIn(11);
    expect((await loanOf(one)).tier).toBe(gold);
  });
});

describe('the dry run of a refund', () => {
  it('lists what was counted for it', async () => {
    const { id } = await quest([], { kind: 'event', event: 'payment.succeeded', target: 3 });
    const one = await member();
    const { id: paymentId } = await buy(test, shop, { token: one.token });
    await told(test);
    await countAll(test);
    const preview = await refund(test, paymentId, { token: owner.token, query: '?dryRun=true' });
    expect(preview.status, preview.text).toBe(200);
    const [row] = await sql`select id from quest_progress where quest_id = ${id}`;
    expect(preview.body.data.effects).toContainEqual({ kind: 'progress', targetId: row?.['id'], quantity: 1 });
    expect(await progressOf(test, of(id, one))).toMatchObject({ count: 1 });
    await refund(test, paymentId, { token: owner.token });
    await told(test);
    expect(await progressOf(test, of(id, one))).toMatchObject({ count: 0 });
  });
});
