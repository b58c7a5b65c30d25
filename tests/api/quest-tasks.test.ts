import { afterEach, describe, expect, it, vi } from 'vitest';
import { newId } from '#src/lib/ids.ts';
import { brandWithMember, newMember, reasonsOf, tokenAt } from '../support/coupons.ts';
import { makeApiKey, quickBrand } from '../support/idempotent.ts';
import { findBroken } from '../support/invariants.ts';
import { secondInstance } from '../support/payments.ts';
import type { Person } from '../support/people.ts';
import {
  balanceOf,
  claimDay,
  claimReward,
  complete,
  countAll,
  makeQuest,
  progressOf,
  setZone,
  taken,
} from '../support/quests.ts';
import { quickMember, quickPerson } from '../support/quick-people.ts';
import { comparable, expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp, type TestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const other = await secondInstance(test);
const brand = await brandWithMember(test);
const { tenantId, owner, tierId } = brand;
const base = `quests/tenant/${tenantId}`;

afterEach(async () => {
  await countAll(test);
  expect(await findBroken(sql)).toEqual([]);
});

const task = (fields: Record<string, unknown> = {}) => makeQuest(test, brand, { kind: 'once', ...fields });
const member = () => newMember(test, tenantId);
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
const patch = (questId: string, body: object) => test.call('PATCH', `${base}/${questId}`, { token: owner.token, body });

/** The person as they call at another instant. */
const when = async ({ userId }: Person, at: string) => ({
  token: await tokenAt(test, sql, { userId, at: new Date(at) }),
  at,
});

function expectReasons(answer: Answer, reasons: string[]): void {
  expectRefusal(answer, 409, 'QUEST_NOT_ELIGIBLE');
  expect(reasonsOf(answer)).toEqual(reasons);
}

/** So many calls at once, in turn on two instances. */
function atOnce(count: number, call: (app: Pick<TestApp, 'call'>, index: number) => Promise<Answer>) {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index % 2 ? other : test, index)));
}

const successes = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 201);

describe('a quest that is completed once', () => {
  it('gives its points with the completion, and is over then', async () => {
    const { id } = await task({ points: 25 });
    const one = await member();
    expect(await progressOf(test, of(id, one))).toMatchObject({ status: 'not_started', reasons: ['NOT_COMPLETED'] });
    const { completion, claim, balance: after } = await taken(complete(test, of(id, one)));
    expect(completion).toMatchObject({ startsOn: null, count: 1, target: 1, userId: one.userId });
    expect([claim.points, after, await balance(one)]).toEqual([25, 25, 25]);
    expect([completion.completedAt, completion.claimedAt]).toEqual([claim.createdAt, claim.createdAt]);
    expectReasons(await complete(test, of(id, one)), ['ALREADY_COMPLETED']);
    const progress = await progressOf(test, of(id, one));
    expect(progress).toMatchObject({ status: 'completed', count: 1, claimable: false, nextClaimAt: null });
  });

  it('needs as many steps as its target says', async () => {
    const { id } = await task({ target: 3 });
    const one = await member();
    for (const count of [1, 2]) {
      const { completion, claim } = await taken(complete(test, of(id, one)));
      expect([completion.count, completion.completedAt, claim]).toEqual([count, null, null]);
    }
    expect(await progressOf(test, of(id, one))).toMatchObject({ status: 'in_progress', count: 2, target: 3 });
    expect((await taken(complete(test, of(id, one)))).claim.points).toBe(10);
    expectReasons(await complete(test, of(id, one)), ['ALREADY_COMPLETED']);
    expect(await balance(one)).toBe(10);
  });

  it.each([
    [1, 1],
    [3, 3],
  ])('with a target of %d takes just %d of 50 calls at once on two instances', async (target, steps) => {
    const { id } = await task({ target });
    const one = await member();
    const answers = await atOnce(50, (app) => complete(app, of(id, one)));
    expect(successes(answers)).toHaveLength(steps);
    expect(successes(answers).filter(({ body }) => body.data.claim !== null)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectReasons(answer, ['ALREADY_COMPLETED']);
    expect(await balance(one)).toBe(10);
  });

  it('without autoClaim is claimed afterwards, once of 50 calls at once', async () => {
    const { id } = await task({ autoClaim: false });
    const one = await member();
    expectReasons(await claimReward(test, of(id, one)), ['NOT_COMPLETED']);
    expect((await taken(complete(test, of(id, one)))).claim).toBeNull();
    expect(await balance(one)).toBe(0);
    expect(await progressOf(test, of(id, one))).toMatchObject({
      status: 'completed',
      claimable: true,
      claimedAt: null,
    });
    const answers = await atOnce(50, (app) => claimReward(app, of(id, one)));
    expect(successes(answers)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, 409, 'ALREADY_CLAIMED');
    expect(await balance(one)).toBe(10);
  });
});

describe('a quest that is repeated', () => {
  it.each([
    ['day', '2027-03-03', '2027-03-03T22:59:59.999Z', '2027-03-03T23:00:00.000Z', '2027-03-04'],
    ['week', '2027-03-01', '2027-03-07T22:59:59.999Z', '2027-03-07T23:00:00.000Z', '2027-03-08'],
    ['month', '2027-03-01', '2027-03-31T21:59:59.999Z', '2027-03-31T22:00:00.000Z', '2027-04-01'],
  ])('each %s by the calendar of its member', async (period, first, last, next, second) => {
    const { id } = await task({ kind: 'repeatable', period });
    const one = await member();
    await setZone(test, { token: one.token, timezone: 'Europe/Berlin' });
    const done = await taken(complete(test, { ...of(id, one), ...(await when(one, '2027-03-03T12:00:00.000Z')) }));
    expect([done.completion.startsOn, done.claim.day]).toEqual([first, first]);
    const again = await complete(test, { ...of(id, one), ...(await when(one, last)) });
    expectReasons(again, ['ALREADY_COMPLETED']);
    expect(again.body.error.details.nextClaimAt).toBe(next);
    const then = await taken(complete(test, { ...of(id, one), ...(await when(one, next)) }));
    expect(then.completion).toMatchObject({ startsOn: second, count: 1 });
    expect(await balance(one)).toBe(20);
  });

  it('begins a day when none is said, and counts each period towards the target by itself', async () => {
    const quest = await task({ kind: 'repeatable', target: 2 });
    expect(quest.period).toBe('day');
    const one = await member();
    for (const day of ['2027-05-01', '2027-05-02']) {
      const at = await when(one, `${day}T10:00:00.000Z`);
      expect((await taken(complete(test, { ...of(quest.id, one), ...at }))).completion.count).toBe(1);
    }
    expect(await balance(one)).toBe(0);
  });

  it('is claimed period by period, the first one first', async () => {
    const { id } = await task({ kind: 'repeatable', autoClaim: false });
    const one = await member();
    for (const day of ['2027-05-01', '2027-05-02']) {
      await taken(complete(test, { ...of(id, one), ...(await when(one, `${day}T10:00:00.000Z`)) }));
    }
    const late = await when(one, '2027-05-09T10:00:00.000Z');
    const days = [];
    for (let n = 0; n < 2; n += 1) days.push((await taken(claimReward(test, { ...of(id, one), ...late }))).claim.day);
    expect(days).toEqual(['2027-05-01', '2027-05-02']);
    expectReasons(await claimReward(test, { ...of(id, one), ...late }), ['NOT_COMPLETED']);
  });

  it('rewards a day that a journey brought only 20 hours after the last reward', async () => {
    const { id } = await task({ kind: 'repeatable' });
    const one = await member();
    await setZone(test, { token: one.token, timezone: 'Europe/Berlin' });
    await taken(complete(test, { ...of(id, one), ...(await when(one, '2027-06-01T10:00:00.000Z')) }));
    await setZone(test, { token: one.token, timezone: 'Pacific/Auckland' });
    const soon = await when(one, '2027-06-01T13:00:00.000Z');
    const there = await taken(complete(test, { ...of(id, one), ...soon }));
    expect([there.completion.startsOn, there.claim]).toEqual(['2027-06-02', null]);
    const early = await claimReward(test, { ...of(id, one), ...soon });
    expectReasons(early, ['ZONE_CHANGED']);
    expect(early.body.error.details.nextClaimAt).toBe('2027-06-02T06:00:00.000Z');
    const rested = await when(one, '2027-06-02T06:00:00.000Z');
    expect((await taken(claimReward(test, { ...of(id, one), ...rested }))).claim.day).toBe('2027-06-02');
    expect(await balance(one)).toBe(20);
  });
});

describe('limits', () => {
  it.each([
    ['completed', true],
    ['claimed', false],
  ])('of many who have it %s at once for the last 3, exactly 3 get it', async (_name, autoClaim) => {
    const { id } = await task({ autoClaim, maxClaims: 3 });
    const many = await Promise.all(Array.from({ length: 12 }, member));
    if (!autoClaim) await Promise.all(many.map((one) => taken(complete(test, of(id, one)))));
    const call = autoClaim ? complete : claimReward;
    const answers = await atOnce(12, (app, index) => call(app, of(id, many[index] as Person)));
    expect(successes(answers)).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectReasons(answer, ['CLAIM_LIMIT']);
    expect((await Promise.all(many.map(balance))).reduce((sum, points) => sum + points, 0)).toBe(30);
  });

  it('cannot be set below what was claimed under one, and count from when they are set', async () => {
    const { id } = await task();
    for (const one of [await member(), await member()]) await taken(complete(test, of(id, one)));
    expect((await patch(id, { maxClaims: 1 })).status).toBe(200);
    await taken(complete(test, of(id, await member())));
    expectReasons(await complete(test, of(id, await member())), ['CLAIM_LIMIT']);
    expect(await findBroken(sql)).toEqual([]);
    expect((await patch(id, { maxClaims: 2 })).status).toBe(200);
    await taken(complete(test, of(id, await member())));
    const below = await patch(id, { maxClaims: 1 });
    expectRefusal(below, 409, 'MAX_CLAIMS_IN_USE');
    expect(below.body.error.details).toEqual({ claims: 2 });
    expect((await patch(id, { maxClaims: null })).status).toBe(200);
    await taken(complete(test, of(id, await member())));
  });

  it('hold for each member', async () => {
    const { id } = await task({ kind: 'repeatable', maxPerMember: 2 });
    const one = await member();
    for (const day of ['2027-05-01', '2027-05-02']) {
      await taken(complete(test, { ...of(id, one), ...(await when(one, `${day}T10:00:00.000Z`)) }));
    }
    const third = await complete(test, { ...of(id, one), ...(await when(one, '2027-05-03T10:00:00.000Z')) });
    expectReasons(third, ['MEMBER_LIMIT']);
    await taken(complete(test, of(id, await member())));
  });
});

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
