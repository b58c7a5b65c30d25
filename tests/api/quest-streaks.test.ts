import { afterEach, describe, expect, it } from 'vitest';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { balanceOf, buyFreeze, claimDay, makeQuest, progressOf, taken } from '../support/quests.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const SOLD = { bonuses: [], freezes: { price: 10, max: 2 } };
const quest = (fields: Record<string, unknown> = {}) => makeQuest(test, brand, { points: 10, streak: SOLD, ...fields });
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });

async function claimAt(questId: string, { userId }: { userId: string }, day: string) {
  const at = new Date(`${day}T12:00:00Z`);
  const token = await tokenAt(test, sql, { userId, at });
  return (await taken(claimDay(test, { tenantId, questId, token, at }))).claim.streak as number;
}

const give = (userId: string, amount: number) =>
  test.call('POST', `tenants/${tenantId}/points`, { token: owner.token, body: { userId, amount, note: 'For tests' } });

const set = (path: 'streak' | 'streak/revert', questId: string, body: Record<string, unknown>) =>
  test.call('POST', `quests/tenant/${tenantId}/${questId}/${path}`, { token: owner.token, body });

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('a freeze', () => {
  it('is bought with points, and covers a missed day', async () => {
    const { id } = await quest();
    const member = await newMember(test, tenantId);
    expectRefusal(await buyFreeze(test, of(id, member)), 409, 'NO_STREAK');
    expect(await claimAt(id, member, '2026-06-01')).toBe(1);
    expect(await taken(buyFreeze(test, of(id, member)))).toEqual({ freezes: 1, balance: 0 });
    const refused = await buyFreeze(test, of(id, member));
    expectRefusal(refused, 409, 'TOO_FEW_POINTS');
    expect(refused.body.error.details).toEqual({ balance: 0 });
    expect(await claimAt(id, member, '2026-06-03')).toBe(2);
    expect(await claimAt(id, member, '2026-06-05')).toBe(1);
  });

  it('of 20 buyers at once is sold as often as it can be kept, and paid for', async () => {
    const { id } = await quest();
    const [rich, poor] = [await newMember(test, tenantId), await newMember(test, tenantId)];
    for (const member of [rich, poor]) await claimAt(id, member, '2026-06-01');
    await give(rich.userId, 1_000);
    const buy = (member: { token: string }) =>
      Promise.all(Array.from({ length: 20 }, () => buyFreeze(test, of(id, member))));
    const [many, few] = [await buy(rich), await buy(poor)];
    expect(many.filter(({ status }) => status === 201)).toHaveLength(2);
    for (const answer of many.filter(({ status }) => status !== 201)) expectRefusal(answer, 409, 'FREEZES_FULL');
    expect(few.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await balanceOf(test, { tenantId, token: rich.token })).toBe(990);
    expect(await balanceOf(test, { tenantId, token: poor.token })).toBe(0);
  });

  it('is not sold where it has no price', async () => {
    const { id } = await quest({ streak: { bonuses: [], freezes: { every: 7, max: 2 } } });
    const member = await newMember(test, tenantId);
    await claimAt(id, member, '2026-06-01');
    expectRefusal(await buyFreeze(test, of(id, member)), 409, 'FREEZES_NOT_SOLD');
  });
});

describe('a streak that is set by hand', () => {
  it('stands as of now and goes on from there; the snapshot leads back', async () => {
    const { id } = await quest();
    const member = await newMember(test, tenantId);
    await claimAt(id, member, '2026-06-01');
    const { userId } = member;
    const repaired = await set('streak', id, { userId, streak: 41, freezes: 1, reason: 'Our app was down' });
    expect(repaired.status, repaired.text).toBe(200);
    expect(repaired.body.data).toMatchObject({ streak: 41, bestStreak: 41, freezes: 1, userId });
    expect(await progressOf(test, of(id, member))).toMatchObject({ streak: 41, bestStreak: 41, claimable: true });
    const [entry] = await sql`select before, after from audit_entries where action = 'quest.streak_set'`;
    expect(entry).toMatchObject({ before: { streak: 1 }, after: { streak: 41, reason: 'Our app was down' } });
    const { snapshotId } = repaired.body.data;
    const reverted = await set('streak/revert', id, { snapshotId, reason: 'The wrong member' });
    expect(reverted.body.data).toMatchObject({ streak: 1, lastDay: '2026-06-01', freezes: 0 });
    expectRefusal(await set('streak/revert', id, { snapshotId, reason: 'Again' }), 409, 'STREAK_MOVED');
    await set('streak', id, { userId, streak: 9, reason: 'After all' });
    const { claim } = await taken(claimDay(test, of(id, member)));
    expect(claim).toMatchObject({ streak: 10, bestStreak: 10 });
  });

  it('cannot be gone back from once a day was claimed on it', async () => {
    const { id } = await quest();
    const member = await newMember(test, tenantId);
    const { userId } = member;
    const { snapshotId } = (await set('streak', id, { userId, streak: 5, reason: 'Moved from elsewhere' })).body.data;
    expect((await taken(claimDay(test, of(id, member)))).claim.streak).toBe(6);
    expectRefusal(await set('streak/revert', id, { snapshotId, reason: 'No' }), 409, 'STREAK_MOVED');
  });

  it('is of daily quests and of members of the brand', async () => {
    const { id } = await quest();
    const once = await makeQuest(test, brand, { kind: 'once' });
    const member = await newMember(test, tenantId);
    const body = { userId: member.userId, streak: 3, reason: 'x' };
    expect(reasonsOf(await set('streak', once.id, body))).toEqual(['WRONG_KIND']);
    const other = await brandWithMember(test);
    expectRefusal(await set('streak', id, { ...body, userId: other.member.userId }), 404, 'NOT_FOUND');
    const path = `quests/tenant/${tenantId}/${id}/streak`;
    expectRefusal(await test.call('POST', path, { token: member.token, body }), 404, 'NOT_FOUND');
    expectRefusal(await test.call('POST', path, { token: other.owner.token, body }), 404, 'NOT_FOUND');
  });
});
