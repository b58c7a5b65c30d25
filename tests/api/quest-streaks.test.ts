import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { secondInstance } from '../support/payments.ts';
import type { Person } from '../support/people.ts';
import { balanceOf, buyFreeze, claimDay, makeQuest, progressOf, taken } from '../support/quests.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const other = await secondInstance(test);
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const base = `quests/tenant/${tenantId}`;

afterEach(async () => {
  expect(await findBroken(sql)).toEqual([]);
});

const streakOf = (freezes: object | null, fields: object = {}) => ({
  streak: { bonuses: [], freezes: freezes && { max: 3, ...freezes }, ...fields },
});
const daily = (freezes: object | null = { price: 30 }, fields: Record<string, unknown> = {}) =>
  makeQuest(test, brand, { points: 100, ...streakOf(freezes), ...fields });
const member = () => newMember(test, tenantId);
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
const onDay = async ({ userId }: Person, day: string) => {
  const at = `${day}T12:00:00.000Z`;
  return { token: await tokenAt(test, sql, { userId, at: new Date(at) }), at };
};
const claimOn = async (questId: string, one: Person, day: string) =>
  (await taken(claimDay(test, { ...of(questId, one), ...(await onDay(one, day)) }))).claim;

type Setting = { questId: string; body: object; by?: Person; day?: string };

async function set(path: 'streak' | 'streak/revert', { questId, body, by = owner as Person, day }: Setting) {
  const { token, at } = day ? await onDay(by, day) : { token: by.token, at: undefined };
  return test.call('POST', `${base}/${questId}/${path}`, {
    token,
    body,
    ...(at && { headers: { 'x-test-clock': at } }),
  });
}

function done({ status, text, body }: Answer) {
  expect(status, text).toBe(200);
  return body.data;
}

describe('a freeze', () => {
  it('is bought for points, kept, and covers a day that is missed', async () => {
    const { id } = await daily();
    const one = await member();
    await claimOn(id, one, '2027-04-01');
    const bought = await taken(buyFreeze(test, { ...of(id, one), ...(await onDay(one, '2027-04-01')) }));
    expect(bought).toEqual({ freezes: 1, balance: 70 });
    expect(await balance(one)).toBe(70);
    const missed = { ...of(id, one), ...(await onDay(one, '2027-04-03')) };
    expect(await progressOf(test, missed)).toMatchObject({ streak: 1, freezes: 1 });
    expect((await claimOn(id, one, '2027-04-03')).streak).toBe(2);
    expect((await progressOf(test, missed)).freezes).toBe(0);
    const [claim] = await sql`select freezes_used from quest_claims where quest_id = ${id} and day = '2027-04-03'`;
    expect(claim?.['freezes_used']).toBe(1);
    expect((await claimOn(id, one, '2027-04-05')).streak).toBe(1);
  });

  it('is earned by days of the streak, up to as many as can be kept', async () => {
    const { id } = await daily({ every: 2, max: 1 });
    const one = await member();
    for (const day of ['01', '02', '03', '04']) await claimOn(id, one, `2027-04-${day}`);
    const now = { ...of(id, one), ...(await onDay(one, '2027-04-04')) };
    expect(await progressOf(test, now)).toMatchObject({ streak: 4, freezes: 1 });
  });

  it('is not sold where it has no price, to who has no streak, or cannot pay', async () => {
    const one = await member();
    for (const { id } of [await daily(null), await daily({ every: 7 }), await makeQuest(test, brand)]) {
      await taken(claimDay(test, of(id, one)));
      expectRefusal(await buyFreeze(test, of(id, one)), 409, 'FREEZES_NOT_SOLD');
    }
    const { id } = await daily({ price: 101 }, { points: 100 });
    const poor = await member();
    expectRefusal(await buyFreeze(test, of(id, poor)), 409, 'NO_STREAK');
    await taken(claimDay(test, of(id, poor)));
    const refused = await buyFreeze(test, of(id, poor));
    expectRefusal(refused, 409, 'TOO_FEW_POINTS');
    expect([refused.body.error.details, await balance(poor)]).toEqual([{ balance: 100 }, 100]);
    expect((await progressOf(test, of(id, poor))).freezes).toBe(0);
    const stranger = await buyFreeze(test, of(id, await quickPerson(test, 'stranger')));
    expectRefusal(stranger, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(stranger)).toEqual(['NOT_A_MEMBER']);
  });

  it.each([
    ['kept', { price: 1, max: 3 }, 3, 'FREEZES_FULL'],
    ['paid for', { price: 40, max: 30 }, 2, 'TOO_FEW_POINTS'],
  ])('of 20 bought at once on two instances no more are sold than can be %s', async (_name, rule, sold, code) => {
    const { id } = await daily(rule);
    const one = await member();
    await taken(claimDay(test, of(id, one)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => buyFreeze(n % 2 ? (other as typeof test) : test, of(id, one))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(sold);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, 409, code);
    expect((await progressOf(test, of(id, one))).freezes).toBe(sold);
    expect(await balance(one)).toBe(100 - sold * rule.price);
  });

  it('bought while the day is claimed is neither lost nor given twice', async () => {
    const { id } = await daily({ price: 10, max: 30 });
    const one = await member();
    await claimOn(id, one, '2027-04-01');
    const next = { ...of(id, one), ...(await onDay(one, '2027-04-02')) };
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, (_, n) => buyFreeze(n % 2 ? (other as typeof test) : test, next)),
      ...Array.from({ length: 5 }, (_, n) => claimDay(n % 2 ? (other as typeof test) : test, next)),
    ]);
    const taken = answers.map(({ status }) => status).filter((status) => status === 201);
    const claims = await sql`select count(*)::int as count from quest_claims where quest_id = ${id}`;
    expect(taken.length).toBeGreaterThanOrEqual(5);
    const { freezes } = await progressOf(test, next);
    expect(freezes).toBe(5);
    expect(await balance(one)).toBe(100 * claims[0]?.['count'] - 50);
  });
});

describe('a streak that is set by hand', () => {
  it('goes on from there; the snapshot and the audit log keep how it stood', async () => {
    const { id } = await daily();
    const one = await member();
    for (const day of ['01', '02', '03']) await claimOn(id, one, `2027-04-${day}`);
    const body = { userId: one.userId, streak: 3, reason: 'Our app was down' };
    const repaired = done(await set('streak', { questId: id, body, day: '2027-04-09' }));
    expect(repaired).toMatchObject({
      questId: id,
      userId: one.userId,
      streak: 3,
      bestStreak: 3,
      lastDay: '2027-04-08',
    });
    expect((await claimOn(id, one, '2027-04-09')).streak).toBe(4);
    const [entry] = await sql`
      select action, actor_id, before, after from audit_entries where tenant_id = ${tenantId} and action = 'quest.streak_set'`;
    expect(entry).toMatchObject({
      actor_id: owner.userId,
      before: { lastDay: '2027-04-03' },
      after: { questId: id, snapshotId: repaired.snapshotId, lastDay: '2027-04-08', reason: 'Our app was down' },
    });
  });

  it('can be taken back while it stands, to just how it was', async () => {
    const { id } = await daily();
    const one = await member();
    await claimOn(id, one, '2027-04-01');
    const [before] = await sql`select * from quest_members where quest_id = ${id}`;
    const body = { userId: one.userId, streak: 50, freezes: 2, reason: 'Wrong one' };
    const { snapshotId, bestStreak } = done(await set('streak', { questId: id, body, day: '2027-04-05' }));
    expect(bestStreak).toBe(50);
    const undo = { snapshotId, reason: 'It was the wrong member' };
    const reverted = done(await set('streak/revert', { questId: id, body: undo, day: '2027-04-05' }));
    expect(reverted).toMatchObject({ streak: 1, bestStreak: 1, freezes: 0, lastDay: '2027-04-01' });
    expect((await sql`select * from quest_members where quest_id = ${id}`)[0]).toEqual(before);
    expectRefusal(await set('streak/revert', { questId: id, body: undo }), 409, 'STREAK_MOVED');
    // And that, too.
    const again = { snapshotId: reverted.snapshotId, reason: 'It was not' };
    expect(done(await set('streak/revert', { questId: id, body: again })).streak).toBe(50);
    const entries = await sql`
      select 1 from audit_entries where action = 'quest.streak_set' and after->>'questId' = ${id}`;
    expect(entries).toHaveLength(3);
  });

  it('cannot be taken back once a day is claimed, or a freeze bought', async () => {
    const { id } = await daily();
    const moves = [claimDay, buyFreeze];
    for (const move of moves) {
      const one = await member();
      await claimOn(id, one, '2027-04-01');
      const body = { userId: one.userId, streak: 9, reason: 'Kind' };
      const { snapshotId } = done(await set('streak', { questId: id, body, day: '2027-04-02' }));
      await taken(move(test, { ...of(id, one), ...(await onDay(one, '2027-04-02')) }));
      const undo = { snapshotId, reason: 'Too kind' };
      expectRefusal(await set('streak/revert', { questId: id, body: undo }), 409, 'STREAK_MOVED');
    }
  });

  it('may be that of a member who has claimed nothing yet, and of one who has claimed today', async () => {
    const { id } = await daily();
    const [one, two] = [await member(), await member()];
    const set7 = ({ userId }: Person) => ({
      ...{ questId: id, day: '2027-04-02' },
      body: { userId, streak: 7, reason: 'Moved over from the old app' },
    });
    expect(done(await set('streak', set7(one)))).toMatchObject({ streak: 7, lastDay: '2027-04-01' });
    expect((await claimOn(id, one, '2027-04-02')).streak).toBe(8);
    await claimOn(id, two, '2027-04-02');
    expect(done(await set('streak', set7(two)))).toMatchObject({ streak: 7, lastDay: '2027-04-02' });
    const again = await claimDay(test, { ...of(id, two), ...(await onDay(two, '2027-04-02')) });
    expectRefusal(again, 409, 'ALREADY_CLAIMED');
    expect((await claimOn(id, two, '2027-04-03')).streak).toBe(8);
  });

  it('is set by admins, of members, of daily quests', async () => {
    const { id } = await daily();
    const one = await member();
    const body = { userId: one.userId, streak: 2, reason: 'Please' };
    const staff = await quickMember(test, tenantId, 'staff');
    expectRefusal(await set('streak', { questId: id, body, by: staff }), 403, 'FORBIDDEN');
    expectRefusal(await set('streak', { questId: id, body, by: one }), 404, 'NOT_FOUND');
    const stranger = await quickPerson(test, 'stranger');
    for (const userId of [stranger.userId, newId()]) {
      expectRefusal(await set('streak', { questId: id, body: { ...body, userId } }), 404, 'NOT_FOUND');
    }
    const task = await makeQuest(test, brand, { kind: 'once' });
    const wrong = await set('streak', { questId: task.id, body });
    expectRefusal(wrong, 409, 'QUEST_NOT_ELIGIBLE');
    const unknown = { snapshotId: newId(), reason: 'None' };
    expectRefusal(await set('streak/revert', { questId: id, body: unknown }), 404, 'NOT_FOUND');
    const { snapshotId } = done(await set('streak', { questId: id, body }));
    const elsewhere = { questId: (await daily()).id, body: { snapshotId, reason: 'Not of this one' } };
    expectRefusal(await set('streak/revert', elsewhere), 404, 'NOT_FOUND');
  });
});
