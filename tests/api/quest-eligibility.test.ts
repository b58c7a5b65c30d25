import { describe, expect, it, vi } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { brandWithMember } from '../support/coupons.ts';
import { makeApiKey, quickBrand } from '../support/idempotent.ts';
import { openTasks } from '../support/quest-tasks.ts';
import { claimDay, claimReward, complete, countAll, makeQuest, progressOf, taken } from '../support/quests.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';

const { test, sql, brand, tenantId, owner, tierId, base, task, member, of, balance, patch, when, expectReasons } =
  await openTasks();

describe('who may, and when', () => {
  it('only members of its tiers', async () => {
    const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, {
      token: owner.token,
      body: { name: 'Gold', code: 'gold', rank: 5, price: { amount: 100, currency: 'EUR', interval: 'month' } },
    });
    const gold = await task({ tierIds: [made.body.data.id] });
    expectReasons(await complete(test, of(gold.id, await member())), ['TIER_REQUIRED']);
    const basic = await task({ tierIds: [tierId] });
    await taken(complete(test, of(basic.id, await member())));
    const stranger = await quickPerson(test, 'stranger');
    expectReasons(await complete(test, of(basic.id, stranger)), ['NOT_A_MEMBER']);
    const gone = await member();
    await test.call('POST', `tenants/${tenantId}/membership/leave`, { token: gone.token });
    expectReasons(await complete(test, of(basic.id, gone)), ['NOT_A_MEMBER']);
  });

  it('within its window, to the instant', async () => {
    const [startsAt, endsAt] = ['2027-02-01T00:00:00.000Z', '2027-02-02T00:00:00.000Z'];
    const { id } = await task({ target: 5, startsAt, endsAt });
    const one = await member();
    const at = async (instant: string) => complete(test, { ...of(id, one), ...(await when(one, instant)) });
    expectReasons(await at('2027-01-31T23:59:59.999Z'), ['NOT_STARTED']);
    expect((await at(startsAt)).status).toBe(201);
    expect((await at('2027-02-01T23:59:59.999Z')).status).toBe(201);
    expectReasons(await at(endsAt), ['ENDED']);
    const over = await when(one, endsAt);
    expect(await progressOf(test, { ...of(id, one), ...over })).toMatchObject({ status: 'expired', count: 2 });
    expectRefusal(await patch(id, { endsAt: startsAt }), 400, 'VALIDATION_ERROR');
  });

  it('not while it is paused: hidden from members, there for the team', async () => {
    const { id } = await task({ target: 2 });
    const one = await member();
    await taken(complete(test, of(id, one)));
    expect((await patch(id, { active: false })).status).toBe(200);
    expectReasons(await complete(test, of(id, one)), ['PAUSED']);
    expectRefusal(await test.call('GET', `${base}/${id}`, { token: one.token }), 404);
    expect((await test.call('GET', `${base}/${id}`, { token: owner.token })).status).toBe(200);
    const begun = await test.call('GET', `${base}/progress`, { token: one.token });
    expect(begun.body.data.map((quest: { id: string }) => quest.id)).toEqual([id]);
    expect((await patch(id, { active: true })).status).toBe(200);
    await taken(complete(test, of(id, one)));
  });

  it('after the quests that it requires; what is missing is told', async () => {
    const [first, daily] = [await task(), await makeQuest(test, brand)];
    const { id } = await task({ requires: [first.id, daily.id] });
    const one = await member();
    const refused = await complete(test, of(id, one));
    expectReasons(refused, ['QUEST_REQUIRED']);
    expect(refused.body.error.details.missing.questIds.sort()).toEqual([first.id, daily.id].sort());
    await taken(complete(test, of(first.id, one)));
    expect((await progressOf(test, of(id, one))).missing.questIds).toEqual([daily.id]);
    await taken(claimDay(test, of(daily.id, one)));
    await taken(complete(test, of(id, one)));
  });

  it('a quest that is removed is required no more', async () => {
    const first = await task();
    const { id } = await task({ requires: [first.id] });
    expect((await test.call('DELETE', `${base}/${first.id}`, { token: owner.token })).status).toBe(200);
    expect((await patch(id, { title: 'Still to be changed' })).status).toBe(200);
    await taken(complete(test, of(id, await member())));
  });

  it('quests that wait for each other are refused', async () => {
    const first = await task();
    const second = await task({ requires: [first.id] });
    const third = await task({ requires: [second.id] });
    for (const requires of [[third.id], [second.id], [first.id]]) {
      const refused = await patch(first.id, { requires });
      expectRefusal(refused, 400, 'VALIDATION_ERROR');
      expect(refused.body.error.errors[0].field).toBe('requires');
    }
    const elsewhere = await makeQuest(test, await quickBrand(test), { kind: 'once' });
    const foreign = await patch(first.id, { requires: [elsewhere.id] });
    expectRefusal(foreign, 400, 'VALIDATION_ERROR');
    const missing = await patch(first.id, { requires: [newId()] });
    expect(comparable(foreign)).toEqual(comparable(missing));
  });
});

describe('who completes it', () => {
  it('team and API keys, for a member', async () => {
    const { id } = await task({ target: 3, selfComplete: false });
    const [one, staff] = [await member(), await quickMember(test, tenantId, 'staff')];
    const { key } = await makeApiKey(test, { ...brand, subdomain: '' } as never);
    expectReasons(await complete(test, of(id, one)), ['STAFF_ONLY']);
    for (const token of [staff.token, key, owner.token]) {
      const { completion } = await taken(complete(test, { ...of(id, { token }), body: { userId: one.userId } }));
      expect(completion.userId).toBe(one.userId);
    }
    expect(await balance(one)).toBe(10);
    const nobody = await quickPerson(test, 'nobody');
    for (const userId of [nobody.userId, newId()]) {
      expectRefusal(await complete(test, { ...of(id, staff), body: { userId } }), 404, 'NOT_FOUND');
    }
    const unnamed = await complete(test, of(id, { token: key }));
    expectRefusal(unnamed, 400, 'VALIDATION_ERROR');
    expect(unnamed.body.error.errors[0].field).toBe('userId');
  });

  it('no customer for somebody else', async () => {
    const { id } = await task();
    const [one, two] = [await member(), await member()];
    const refused = await complete(test, { ...of(id, one), body: { userId: two.userId } });
    expectRefusal(refused, 403, 'FORBIDDEN');
    await taken(complete(test, { ...of(id, one), body: { userId: one.userId } }));
  });

  it('nobody what is of another kind', async () => {
    const one = await member();
    const [daily, event] = [await makeQuest(test, brand), await task({ kind: 'event', event: 'payment.succeeded' })];
    for (const { id } of [daily, event]) expectReasons(await complete(test, of(id, one)), ['WRONG_KIND']);
    expectReasons(await claimReward(test, of(daily.id, one)), ['WRONG_KIND']);
    const { id } = await task();
    expectReasons(await claimDay(test, of(id, one)), ['WRONG_KIND']);
  });

  it('nobody one of another brand, of a suspended one, or one that is removed: 404', async () => {
    const { id } = await task();
    const one = await member();
    const elsewhere = await brandWithMember(test);
    const theirs = await makeQuest(test, elsewhere, { kind: 'once' });
    for (const act of [complete, claimReward, claimDay]) {
      expectRefusal(await act(test, of(theirs.id, one)), 404, 'NOT_FOUND');
      expectRefusal(await act(test, { ...of(id, one), tenantId: elsewhere.tenantId }), 404, 'NOT_FOUND');
    }
    await sql`update tenants set status = 'suspended' where id = ${elsewhere.tenantId}`;
    const there = { tenantId: elsewhere.tenantId, questId: theirs.id, token: elsewhere.member.token };
    for (const act of [complete, claimReward, claimDay]) expectRefusal(await act(test, there), 404, 'NOT_FOUND');
    expect((await test.call('DELETE', `${base}/${id}`, { token: owner.token })).status).toBe(200);
    for (const act of [complete, claimReward, claimDay]) expectRefusal(await act(test, of(id, one)), 404, 'NOT_FOUND');
    for (const method of ['GET', 'DELETE']) {
      expectRefusal(await test.call(method, `${base}/${id}`, { token: owner.token }), 404, 'NOT_FOUND');
    }
    expectRefusal(await patch(id, { title: 'Gone' }), 404, 'NOT_FOUND');
    expectRefusal(await test.call('GET', `${base}/${id}/submissions`, { token: owner.token }), 404, 'NOT_FOUND');
  });
});

describe('a completion that is revoked', () => {
  const revoke = (questId: string, completionId: string, token = owner.token) =>
    test.call('POST', `${base}/${questId}/completions/${completionId}/revoke`, { token, body: { reason: 'Bought' } });

  it('takes its points back, below 0 if they are spent, once, with an audit entry; it can be completed again', async () => {
    const { id } = await task({ points: 30, maxClaims: 1 });
    const one = await member();
    const { completion } = await taken(complete(test, of(id, one)));
    const staff = await quickMember(test, tenantId, 'staff');
    expectRefusal(await revoke(id, completion.id, staff.token), 403, 'FORBIDDEN');
    const answers = await Promise.all(Array.from({ length: 10 }, () => revoke(id, completion.id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expectRefusal(answer, 409, 'NOT_COMPLETED');
    expect(await balance(one)).toBe(0);
    const entries =
      await sql`select * from audit_entries where action = 'quest.revoked' and target_id = ${completion.id}`;
    expect(entries).toHaveLength(1);
    const again = await taken(complete(test, of(id, one)));
    expect([again.completion.id, again.balance]).toEqual([completion.id, 30]);
    expectRefusal(await revoke(id, newId()), 404, 'NOT_FOUND');
    expectRefusal(await revoke((await task()).id, completion.id), 404, 'NOT_FOUND');
  });

  it('takes back what others counted for it, and what they gave', async () => {
    const first = await task({ points: 5 });
    const counting = await task({ kind: 'event', event: 'quest.completed', points: 100 });
    const claims = await task({ kind: 'event', event: 'quest.claimed', points: 1000, target: 2 });
    const one = await member();
    const { completion } = await taken(complete(test, of(first.id, one)));
    await countAll(test);
    expect(await balance(one)).toBe(1105);
    expect((await revoke(first.id, completion.id)).status).toBe(200);
    expect(await balance(one)).toBe(0);
    expect(await progressOf(test, of(counting.id, one))).toMatchObject({ status: 'in_progress', count: 0 });
    await countAll(test);
    expect(await progressOf(test, of(claims.id, one))).toMatchObject({ count: 0 });
    for (const { id } of [counting, claims]) await patch(id, { active: false });
  });

  it('of an event quest: what it had counted counts no more', async () => {
    const counting = await task({ kind: 'event', event: 'quest.completed', points: 100 });
    const one = await member();
    const done = await taken(complete(test, of((await task()).id, one)));
    await countAll(test);
    const [row] = await sql`select id from quest_progress where quest_id = ${counting.id}`;
    expect((await revoke(counting.id, row?.['id'])).status).toBe(200);
    expect(await balance(one)).toBe(10);
    await taken(complete(test, of((await task()).id, one)));
    await countAll(test);
    expect(await balance(one)).toBe(120);
    // The first one is nothing to it any more.
    expect((await revoke(done.completion.questId, done.completion.id)).status).toBe(200);
    expect(await balance(one)).toBe(110);
    expect(await progressOf(test, of(counting.id, one))).toMatchObject({ status: 'completed', count: 1 });
    await patch(counting.id, { active: false });
  });

  it('at the moment at which it is counted: the count waits until it is known', async () => {
    const counting = await task({ kind: 'event', event: 'quest.completed', points: 100 });
    const one = await member();
    const { completion } = await taken(complete(test, of((await task()).id, one)));
    let counted: Promise<void> | undefined;
    await sql.begin(async (tx) => {
      await tx`select from quest_progress where id = ${completion.id} for update`;
      counted = countAll(test);
      await vi.waitFor(async () => {
        const waiting = await sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%quest_progress%'`;
        expect(waiting.length).toBeGreaterThan(0);
      });
    });
    await counted;
    expect(await balance(one)).toBe(110);
    await patch(counting.id, { active: false });
  });

  it('also when the quest is removed', async () => {
    const { id } = await task();
    const one = await member();
    const { completion } = await taken(complete(test, of(id, one)));
    await test.call('DELETE', `${base}/${id}`, { token: owner.token });
    expect((await revoke(id, completion.id)).status).toBe(200);
    expect(await balance(one)).toBe(0);
  });
});
