import { afterEach, describe, expect, it } from 'vitest';
import { wall } from '../support/calendars.ts';
import { brandWithMember, newMember, newMembers, reasonsOf, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { secondInstance } from '../support/payments.ts';
import { balanceOf, claimReward, complete, makeQuest, progressOf, setZone, taken } from '../support/quests.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;
const quest = (fields: Record<string, unknown> = {}) => makeQuest(test, brand, { kind: 'once', ...fields });
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
const wrong = (fields: Record<string, unknown>) =>
  test.call('POST', `quests/tenant/${tenantId}`, {
    token: owner.token,
    body: { title: 'A quest', kind: 'once', points: 1, ...fields },
  });

async function completeAt(questId: string, { userId }: { userId: string }, at: Date) {
  const token = await tokenAt(test, sql, { userId, at });
  return complete(test, { tenantId, questId, token, at });
}

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('a task', () => {
  it('is completed once, and gives its points with it', async () => {
    const { id } = await quest({ points: 25 });
    const member = await newMember(test, tenantId);
    const { completion, claim, balance } = await taken(complete(test, of(id, member)));
    expect(completion).toMatchObject({ questId: id, userId: member.userId, startsOn: null, count: 1, target: 1 });
    expect(claim).toMatchObject({ points: 25, streak: 0, rewards: [] });
    expect(balance).toBe(25);
    const again = await complete(test, of(id, member));
    expectRefusal(again, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(again)).toEqual(['ALREADY_COMPLETED']);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', claimable: false });
    const progress = await test.call('GET', `quests/tenant/${tenantId}/progress`, { token: member.token });
    expect(progress.body.data.map((one: { id: string }) => one.id)).toEqual([id]);
  });

  it('of 50 callers at once, at two instances, is completed once', async () => {
    const { id } = await quest({ points: 25 });
    const member = await newMember(test, tenantId);
    const second = await secondInstance(test);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => complete(n % 2 ? second : test, of(id, member))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(25);
  });

  it('with a target takes as many steps, and no more at once', async () => {
    const { id } = await quest({ target: 3, points: 5, autoClaim: false });
    const member = await newMember(test, tenantId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => complete(test, of(id, member))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(await progressOf(test, of(id, member))).toMatchObject({ count: 3, status: 'completed', claimable: true });
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimReward(test, of(id, member))));
    expect(claims.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(5);
  });

  it('of 40 members for the last 7: exactly those complete it', async () => {
    const { id } = await quest({ maxClaims: 7 });
    const members = await newMembers(test, tenantId, 40);
    const answers = await Promise.all(members.map((member) => complete(test, of(id, member))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(7);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.flatMap(reasonsOf))).toEqual(new Set(['CLAIM_LIMIT']));
  }, 30_000);

  it('is completed for a member by the team and by keys, by nobody else for another', async () => {
    const { id } = await quest({ selfComplete: false, points: 3 });
    const member = await newMember(test, tenantId);
    const own = await complete(test, of(id, member));
    expect(reasonsOf(own)).toEqual(['STAFF_ONLY']);
    const other = await newMember(test, tenantId);
    const body = { userId: member.userId };
    expectRefusal(await complete(test, { ...of(id, other), body }), 403, 'FORBIDDEN');
    const done = await taken(complete(test, { ...of(id, owner), body }));
    expect(done).toMatchObject({ completion: { userId: member.userId }, claim: { points: 3 }, balance: 3 });
    const stranger = await quickPerson(test);
    const nobody = await complete(test, { ...of(id, owner), body: { userId: stranger.userId } });
    expectRefusal(nobody, 404, 'NOT_FOUND');
  });

  it('waits for the quests that it requires, and says which', async () => {
    const first = await quest({ points: 1 });
    const second = await quest({ points: 1, requires: [first.id] });
    const member = await newMember(test, tenantId);
    const early = await complete(test, of(second.id, member));
    expect(reasonsOf(early)).toEqual(['QUEST_REQUIRED']);
    expect(early.body.error.details.missing).toEqual({ questIds: [first.id] });
    await taken(complete(test, of(first.id, member)));
    await taken(complete(test, of(second.id, member)));
    const body = { requires: [second.id] };
    const cycle = await test.call('PATCH', `quests/tenant/${tenantId}/${first.id}`, { token: owner.token, body });
    expectRefusal(cycle, 400, 'VALIDATION_ERROR');
  });

  it('is not there when it is removed, and paused for members when it is paused', async () => {
    const { id } = await quest();
    const member = await newMember(test, tenantId);
    const path = `quests/tenant/${tenantId}/${id}`;
    await test.call('PATCH', path, { token: owner.token, body: { active: false } });
    expectRefusal(await test.call('GET', path, { token: member.token }), 404, 'NOT_FOUND');
    expect(reasonsOf(await complete(test, of(id, member)))).toEqual(['PAUSED']);
    expect((await test.call('DELETE', path, { token: owner.token })).status).toBe(200);
    expectRefusal(await complete(test, of(id, member)), 404, 'NOT_FOUND');
    expectRefusal(await test.call('DELETE', path, { token: owner.token }), 404, 'NOT_FOUND');
  });

  it('of another brand is not there', async () => {
    const other = await brandWithMember(test);
    const { id } = await makeQuest(test, other, { kind: 'once' });
    const member = await newMember(test, tenantId);
    expectRefusal(await complete(test, of(id, member)), 404, 'NOT_FOUND');
    expectRefusal(await wrong({ requires: [id] }), 400, 'VALIDATION_ERROR');
    expectRefusal(await wrong({ tierIds: [other.tierId] }), 400, 'VALIDATION_ERROR');
    const rewards = [{ kind: 'tier', tierId: other.tierId, days: 1 }];
    expectRefusal(await wrong({ rewards }), 400, 'VALIDATION_ERROR');
  });
});

describe('a task that is repeated', () => {
  it.each([
    { period: 'day', days: ['2026-06-01', '2026-06-02'], starts: ['2026-06-01', '2026-06-02'], next: '2026-06-02' },
    { period: 'week', days: ['2026-06-07', '2026-06-08'], starts: ['2026-06-01', '2026-06-08'], next: '2026-06-08' },
    { period: 'month', days: ['2026-02-28', '2026-03-01'], starts: ['2026-02-01', '2026-03-01'], next: '2026-03-01' },
  ])('is completed once a $period', async ({ period, days, starts, next }) => {
    const { id } = await quest({ kind: 'repeatable', period, points: 2 });
    const member = await newMember(test, tenantId);
    await setZone(test, { token: member.token, timezone: 'Europe/Berlin' });
    for (const [index, day] of days.entries()) {
      const done = await completeAt(id, member, wall('Europe/Berlin', `${day}T23:30`));
      expect(done.status, done.text).toBe(201);
      expect(done.body.data.completion.startsOn).toBe(starts[index]);
      const again = await completeAt(id, member, wall('Europe/Berlin', `${day}T23:40`));
      expect(reasonsOf(again)).toEqual(['ALREADY_COMPLETED']);
      if (index > 0) continue;
      expect(again.body.error.details.nextClaimAt).toBe(wall('Europe/Berlin', `${next}T00:00`).toISOString());
    }
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(4);
  });

  it('ends at what one member may claim', async () => {
    const { id } = await quest({ kind: 'repeatable', points: 2, maxPerMember: 2 });
    const member = await newMember(test, tenantId);
    const at = (day: number) => completeAt(id, member, new Date(Date.UTC(2026, 5, day, 12)));
    expect([(await at(1)).status, (await at(2)).status]).toEqual([201, 201]);
    expect(reasonsOf(await at(3))).toEqual(['MEMBER_LIMIT']);
  });

  it('gives a day more only 20 hours after the last, when the zone has changed', async () => {
    const { id } = await quest({ kind: 'repeatable', points: 2, autoClaim: false });
    const member = await newMember(test, tenantId);
    await setZone(test, { token: member.token, timezone: 'Pacific/Pago_Pago' });
    const start = wall('Pacific/Pago_Pago', '2026-06-01T12:00');
    const later = (hours: number) => new Date(start.getTime() + hours * 3_600_000);
    const claimAt = async (at: Date) => {
      const token = await tokenAt(test, sql, { userId: member.userId, at });
      return claimReward(test, { tenantId, questId: id, token, at });
    };
    expect((await completeAt(id, member, start)).status).toBe(201);
    expect((await claimAt(start)).status).toBe(201);
    await setZone(test, { token: member.token, timezone: 'Pacific/Kiritimati' });
    expect((await completeAt(id, member, later(1))).status).toBe(201);
    const early = await claimAt(later(2));
    expect(reasonsOf(early)).toEqual(['ZONE_CHANGED']);
    expect(early.body.error.details.nextClaimAt).toBe(later(20).toISOString());
    expect((await claimAt(later(20))).status).toBe(201);
  });
});

describe('a completion that is revoked', () => {
  it('takes back what it gave, once, and can be completed anew', async () => {
    const { id } = await quest({ points: 8 });
    const member = await newMember(test, tenantId);
    const { completion } = await taken(complete(test, of(id, member)));
    const path = `quests/tenant/${tenantId}/${id}/completions/${completion.id}/revoke`;
    const revoke = () => test.call('POST', path, { token: owner.token, body: { reason: 'Not so' } });
    const answers = await Promise.all([revoke(), revoke(), revoke()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(await balanceOf(test, { tenantId, token: member.token })).toBe(0);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'in_progress', count: 0 });
    const { balance } = await taken(complete(test, of(id, member)));
    expect(balance).toBe(8);
    expectRefusal(await test.call('POST', path, { token: member.token, body: { reason: 'x' } }), 404, 'NOT_FOUND');
  });
});

describe('terms that cannot be', () => {
  it.each([
    { kind: 'event' },
    { kind: 'once', event: 'payment.succeeded' },
    { kind: 'once', period: 'day' },
    { kind: 'repeatable', period: null },
    { kind: 'daily', target: 2 },
    { kind: 'daily', proof: 'text' },
    { kind: 'once', streak: { bonuses: [] } },
    { startsAt: '2026-06-02T00:00:00Z', endsAt: '2026-06-01T00:00:00Z' },
    { points: -1 },
    { points: 0.5 },
    { target: 0 },
    { maxClaims: 0 },
    {
      streak: {
        bonuses: [
          { day: 1, points: 1 },
          { day: 1, points: 2 },
        ],
      },
      kind: 'daily',
    },
    { rewards: [{ kind: 'coupon', couponId: '019ab3c4-9999-7b02-8c3d-4e5f60718293' }] },
    { rewards: [{ kind: 'gold' }] },
    { requires: ['019ab3c4-9999-7b02-8c3d-4e5f60718293'] },
    { event: 'product.created', kind: 'event' },
  ])('%j are refused', async (fields) => {
    expectRefusal(await wrong(fields), 400, 'VALIDATION_ERROR');
  });
});
