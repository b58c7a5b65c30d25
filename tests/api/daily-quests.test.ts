import { afterEach, describe, expect, it } from 'vitest';
import { wall } from '../support/calendars.ts';
import { brandWithMember, newMember, newMembers, reasonsOf, tokenAt } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { secondInstance } from '../support/payments.ts';
import { balanceOf, claimDay, makeQuest, progressOf, setZone, taken } from '../support/quests.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { type Answer, startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId } = brand;
const quest = (fields: Record<string, unknown> = {}) => makeQuest(test, brand, fields);

/** A member with a zone, who claims the quest at instants of their wall. */
async function traveller(questId: string, timezone: string) {
  const person = await newMember(test, tenantId);
  await setZone(test, { token: person.token, timezone });
  const at = async (instant: Date) => {
    const token = await tokenAt(test, sql, { userId: person.userId, at: instant });
    return claimDay(test, { tenantId, questId, token, at: instant });
  };
  return { ...person, at, atWall: (time: string, zone = timezone) => at(wall(zone, time)) };
}

afterEach(async () => expect(await findBroken(sql)).toEqual([]));

describe('a daily claim', () => {
  it('gives points once a day, and says when the next one can be claimed', async () => {
    const { id: questId } = await quest({ points: 10, streak: { bonuses: [{ day: 2, points: 5 }] } });
    const member = await newMember(test, tenantId);
    const claiming = { tenantId, questId, token: member.token };
    const { claim, balance, nextClaimAt } = await taken(claimDay(test, claiming));
    expect(claim).toMatchObject({ points: 10, streak: 1, bestStreak: 1, bonusPoints: 0 });
    expect(balance).toBe(10);
    const again = await claimDay(test, claiming);
    expectRefusal(again, 409, 'ALREADY_CLAIMED');
    expect(again.body.error.details).toEqual({ nextClaimAt });
    expect(await progressOf(test, claiming)).toMatchObject({
      status: 'completed',
      claimable: false,
      reasons: ['ALREADY_CLAIMED'],
      nextClaimAt,
      streak: 1,
    });
    const token = await tokenAt(test, sql, { userId: member.userId, at: new Date(nextClaimAt) });
    const next = await taken(claimDay(test, { ...claiming, token, at: nextClaimAt }));
    expect(next.claim).toMatchObject({ streak: 2, bonusPoints: 5 });
    expect(next.balance).toBe(25);
  });

  it('of 50 callers at once, at two instances, is one (case 7)', async () => {
    const { id: questId } = await quest();
    const { token } = await newMember(test, tenantId);
    const second = await secondInstance(test);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => claimDay(n % 2 ? second : test, { tenantId, questId, token })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, 409, 'ALREADY_CLAIMED');
    expect(await balanceOf(test, { tenantId, token })).toBe(10);
  });

  it.each([
    { callers: 40, most: 7 },
    { callers: 30, most: 29 },
  ])(
    'of $callers members for the last $most: exactly those get one',
    async ({ callers, most }) => {
      const { id: questId } = await quest({ maxClaims: most });
      const second = await secondInstance(test);
      const members = await newMembers(test, tenantId, callers);
      const answers = await Promise.all(
        members.map(({ token }, n) => claimDay(n % 2 ? second : test, { tenantId, questId, token })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(most);
      const refused = answers.filter(({ status }) => status !== 201);
      expect(new Set(refused.flatMap(reasonsOf))).toEqual(new Set(['CLAIM_LIMIT']));
    },
    30_000,
  );

  it('is refused with every reason', async () => {
    const { id: questId } = await quest({ startsAt: '2100-01-01T00:00:00Z', active: false });
    const { token } = await quickPerson(test);
    const refused = await claimDay(test, { tenantId, questId, token });
    expectRefusal(refused, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(refused)).toEqual(['PAUSED', 'NOT_STARTED', 'NOT_A_MEMBER']);
  });

  it('of another brand, or of one that is not there, is a 404', async () => {
    const other = await brandWithMember(test);
    const { id: questId } = await makeQuest(test, other);
    const { token } = other.member;
    expectRefusal(await claimDay(test, { tenantId, questId, token }), 404, 'NOT_FOUND');
    expectRefusal(await claimDay(test, { tenantId, questId: tenantId, token }), 404, 'NOT_FOUND');
    await sql`update tenants set status = 'suspended' where id = ${other.tenantId}`;
    expectRefusal(await claimDay(test, { tenantId: other.tenantId, questId, token }), 404, 'NOT_FOUND');
  });
});

const streakOf = ({ status, body, text }: Answer): number => {
  expect(status, text).toBe(201);
  return body.data.claim.streak;
};

describe('the quests of a brand', () => {
  it('cost two statements, however many there are, with progress or without', async () => {
    for (let n = 0; n < 3; n += 1) await quest();
    const { token } = await newMember(test, tenantId);
    const path = `quests/tenant/${tenantId}`;
    const statementsOf = async (call: object) => {
      await test.call('GET', path, call);
      const before = test.statements.length;
      const { status, body } = await test.call('GET', path, call);
      expect([status, body.data.length > 2]).toEqual([200, true]);
      return test.statements.slice(before).filter((text) => /"quest/.test(text)).length;
    };
    expect([await statementsOf({}), await statementsOf({ token })]).toEqual([1, 1]);
    const before = test.statements.length;
    await test.call('GET', path);
    expect(test.statements.length - before).toBeLessThanOrEqual(2);
  });
});

describe('the day (case 43)', () => {
  it('is the local one: 23:50 and 00:10 are two', async () => {
    const me = await traveller((await quest()).id, 'Europe/Berlin');
    expect(streakOf(await me.atWall('2026-05-04T23:50'))).toBe(1);
    const refused = await me.atWall('2026-05-04T23:59');
    expectRefusal(refused, 409, 'ALREADY_CLAIMED');
    expect(refused.body.error.details.nextClaimAt).toBe(wall('Europe/Berlin', '2026-05-05T00:00').toISOString());
    const next = await me.atWall('2026-05-05T00:10');
    expect(streakOf(next)).toBe(2);
    expect(next.body.data.claim.day).toBe('2026-05-05');
  });

  it.each([
    { what: 'the gap', zone: 'America/New_York', days: ['2026-03-07', '2026-03-08', '2026-03-09'] },
    { what: 'the fold', zone: 'America/New_York', days: ['2026-10-31', '2026-11-01', '2026-11-02'] },
    {
      what: 'a midnight that does not exist',
      zone: 'America/Havana',
      days: ['2026-03-07', '2026-03-08', '2026-03-09'],
    },
    { what: 'a midnight that comes twice', zone: 'America/Havana', days: ['2026-10-31', '2026-11-01', '2026-11-02'] },
    { what: '+14', zone: 'Pacific/Kiritimati', days: ['2026-06-01', '2026-06-02', '2026-06-03'] },
    { what: '−11', zone: 'Pacific/Pago_Pago', days: ['2026-06-01', '2026-06-02', '2026-06-03'] },
    { what: 'Kathmandu', zone: 'Asia/Kathmandu', days: ['2026-06-01', '2026-06-02', '2026-06-03'] },
  ])('over $what: one claim a local date, at its ends too', async ({ zone, days }) => {
    const [early, late] = [(await quest()).id, (await quest()).id];
    const [one, two] = [await traveller(early, zone), await traveller(late, zone)];
    let next = wall(zone, `${days[0]}T00:30`);
    for (const [index, day] of days.entries()) {
      const [first, last] = [await one.at(next), await two.atWall(`${day}T23:59`)];
      expect([streakOf(first), streakOf(last)]).toEqual([index + 1, index + 1]);
      expect([first.body.data.claim.day, last.body.data.claim.day]).toEqual([day, day]);
      next = new Date(first.body.data.nextClaimAt);
      // The instant before the next day is still this one.
      expectRefusal(await one.at(new Date(next.getTime() - 1)), 409, 'ALREADY_CLAIMED');
    }
  });
});

describe('a change of the time zone', () => {
  it('lets the next reward wait for 20 hours since the last', async () => {
    const me = await traveller((await quest()).id, 'Pacific/Kiritimati');
    await me.atWall('2026-06-02T12:00');
    await setZone(test, { token: me.token, timezone: 'Pacific/Pago_Pago' });
    // There it is the day before still: nothing is claimed twice by going round the world.
    const west = await me.at(new Date(wall('Pacific/Kiritimati', '2026-06-02T12:05')));
    expectRefusal(west, 409, 'ALREADY_CLAIMED');
    expect(west.body.error.details.nextClaimAt).toBe(wall('Pacific/Pago_Pago', '2026-06-03T00:00').toISOString());
    const back = await me.atWall('2026-06-03T00:00', 'Pacific/Pago_Pago');
    expect(streakOf(back)).toBe(2);
    await setZone(test, { token: me.token, timezone: 'Pacific/Kiritimati' });
    const early = await me.atWall('2026-06-04T13:00');
    expectRefusal(early, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(early)).toEqual(['ZONE_CHANGED']);
    const rested = new Date(wall('Pacific/Pago_Pago', '2026-06-03T00:00').getTime() + 20 * 3_600_000);
    expect(early.body.error.details.nextClaimAt).toBe(rested.toISOString());
    expect(streakOf(await me.at(rested))).toBe(3);
  });

  it('counts the zone of the brand for who has none', async () => {
    const other = await brandWithMember(test);
    const { token } = other.owner;
    await test.call('PATCH', `tenants/${other.tenantId}`, { token, body: { timezone: 'Asia/Tokyo' } });
    const { id: questId } = await makeQuest(test, other);
    const at = new Date('2026-06-01T16:00:00Z');
    const mine = await tokenAt(test, sql, { userId: other.member.userId, at });
    const { claim } = await taken(claimDay(test, { tenantId: other.tenantId, questId, token: mine, at }));
    expect(claim.day).toBe('2026-06-02');
  });
});

describe('a missed day', () => {
  it('is covered by grace first, then by freezes that were earned; else the streak begins anew', async () => {
    const streak = { bonuses: [], graceDays: 1, freezes: { every: 2, max: 1 } };
    const me = await traveller((await quest({ streak })).id, 'Europe/Berlin');
    const streaks: number[] = [];
    for (const day of ['01', '02', '04', '07', '10']) streaks.push(streakOf(await me.atWall(`2026-06-${day}T12:00`)));
    // The 3rd by grace; the 5th and 6th by grace and the freeze of the 2nd day; the 8th and 9th by grace and that of the 4th.
    expect(streaks).toEqual([1, 2, 3, 4, 5]);
    expect(streakOf(await me.atWall('2026-06-14T12:00'))).toBe(1);
  });
});
