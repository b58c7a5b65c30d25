import { describe, expect, it } from 'vitest';
import { findBroken } from '../support/invariants.ts';
import type { Person } from '../support/people.ts';
import { openTasks } from '../support/quest-tasks.ts';
import { claimReward, complete, progressOf, setZone, taken } from '../support/quests.ts';
import { expectRefusal } from '../support/refusals.ts';

const { test, sql, task, member, of, balance, patch, when, expectReasons, atOnce, successes } = await openTasks();

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
