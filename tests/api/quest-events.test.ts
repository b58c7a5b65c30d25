import { afterEach, describe, expect, it } from 'vitest';
import { countEvents } from '#src/quests/count-events.ts';
import { newMember, reasonsOf } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, openShop, refund, secondInstance, told } from '../support/payments.ts';
import {
  balanceOf,
  claimDay,
  claimReward,
  complete,
  countAll,
  makeQuest,
  progressOf,
  taken,
} from '../support/quests.ts';
import { quickPerson } from '../support/quick-people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
await connectWebhooks(test);
const shop = await openShop(test);
const { tenantId, owner } = shop;
const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
const quest = (fields: Record<string, unknown>) => makeQuest(test, shop, { kind: 'event', ...fields });
const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });

afterEach(async () => {
  await countAll(test);
  expect(await findBroken(sql)).toEqual([]);
});

describe('an event quest', () => {
  it('counts payments to its target, then gives its points; a full refund takes them back', async () => {
    const { id } = await quest({ event: 'payment.succeeded', target: 2, points: 100 });
    const member = await newMember(test, tenantId);
    const { token } = member;
    const first = await buy(test, shop, { token });
    await told(test);
    await countAll(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'in_progress', count: 1, target: 2 });
    await buy(test, shop, { token });
    await told(test);
    await countAll(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', count: 2 });
    expect(await balanceOf(test, { tenantId, token })).toBe(100);
    await refund(test, first.id, { token: owner.token });
    await told(test);
    expect(await balanceOf(test, { tenantId, token })).toBe(0);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'in_progress', count: 1 });
    // And again.
    await buy(test, shop, { token });
    await told(test);
    await countAll(test);
    expect(await balanceOf(test, { tenantId, token })).toBe(100);
  });

  it('counts each event once, whoever looks, and however often', async () => {
    const { id } = await quest({ event: 'payment.succeeded', target: 50, points: 1 });
    const member = await newMember(test, tenantId);
    for (let n = 0; n < 3; n += 1) await buy(test, shop, { token: member.token });
    const second = await secondInstance(test);
    await Promise.all([test, second, test, second, test, second].map(({ deps }) => countEvents(deps)));
    await countAll(test);
    await countAll(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ count: 3 });
    const counted = await sql`select status from quest_counts where quest_id = ${id}`;
    expect(counted.map(({ status }) => status)).toEqual(['counted', 'counted', 'counted']);
  });

  it('does not count what is given back before it is counted', async () => {
    const { id } = await quest({ event: 'payment.succeeded', points: 5 });
    const { token } = await newMember(test, tenantId);
    const { id: paymentId } = await buy(test, shop, { token });
    await refund(test, paymentId, { token: owner.token });
    await told(test);
    await countAll(test);
    expect(await balanceOf(test, { tenantId, token })).toBe(0);
    expect(await sql`select status, reason from quest_counts where quest_id = ${id}`).toEqual([
      { status: 'ignored', reason: 'UNDONE' },
    ]);
  });

  it('counted and given back at the same moment, leaves nothing', async () => {
    await quest({ event: 'payment.succeeded', points: 5 });
    for (let n = 0; n < 8; n += 1) {
      const { token } = await newMember(test, tenantId);
      const { id: paymentId } = await buy(test, shop, { token });
      await Promise.all([refund(test, paymentId, { token: owner.token }), countAll(test)]);
      await told(test);
      await countAll(test);
      expect(await balanceOf(test, { tenantId, token })).toBe(0);
    }
  }, 30_000);

  it('keeps what a partial refund leaves, and what is still beyond the target', async () => {
    const { id } = await quest({ event: 'payment.succeeded', target: 1, points: 5 });
    const member = await newMember(test, tenantId);
    const { token } = member;
    const [first] = [await buy(test, shop, { token }), await buy(test, shop, { token })];
    await countAll(test);
    await refund(test, first.id, { token: owner.token, amount: 100 });
    await told(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', count: 2 });
    await refund(test, first.id, { token: owner.token });
    await told(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', count: 1 });
    expect(await balanceOf(test, { tenantId, token })).toBeGreaterThanOrEqual(5);
  });

  it('takes back also what was spent: the balance is then below zero, and the refund lists it before', async () => {
    const { id } = await quest({ event: 'payment.succeeded', points: 40, target: 1 });
    const member = await newMember(test, tenantId);
    const { token, userId } = member;
    const { id: paymentId } = await buy(test, shop, { token });
    await countAll(test);
    const before = await balanceOf(test, { tenantId, token });
    const body = { userId, amount: -before, note: 'Spent elsewhere' };
    const spent = await test.call('POST', `tenants/${tenantId}/points`, { token: owner.token, body });
    expect(spent.status, spent.text).toBe(201);
    const preview = await refund(test, paymentId, { token: owner.token, query: '?dryRun=true' });
    const kinds = preview.body.data.effects.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['product', 'progress', 'points']));
    await refund(test, paymentId, { token: owner.token });
    await told(test);
    expect(await balanceOf(test, { tenantId, token })).toBe(-before);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'in_progress', count: 0 });
  });

  it('of a quest that counts others falls with them', async () => {
    const first = await quest({ event: 'payment.succeeded', points: 3 });
    const second = await quest({ event: 'quest.completed', target: 1, points: 30 });
    const member = await newMember(test, tenantId);
    const { token } = member;
    const { id: paymentId } = await buy(test, shop, { token });
    await countAll(test);
    expect(await progressOf(test, of(first.id, member))).toMatchObject({ status: 'completed' });
    expect(await progressOf(test, of(second.id, member))).toMatchObject({ status: 'completed' });
    await refund(test, paymentId, { token: owner.token });
    await told(test);
    await countAll(test);
    expect(await progressOf(test, of(second.id, member))).toMatchObject({ status: 'in_progress', count: 0 });
    expect(await balanceOf(test, { tenantId, token })).toBe(0);
    await test.call('PATCH', `quests/tenant/${tenantId}/${second.id}`, { token: owner.token, body: { active: false } });
  });

  it('counts joining and daily claims, and nothing from before it was made', async () => {
    const early = await newMember(test, tenantId);
    await countAll(test);
    const joined = await quest({ event: 'membership.created', points: 2 });
    const daily = await makeQuest(test, shop);
    const claims = await quest({ event: 'quest.claimed', target: 2, points: 1 });
    const late = await newMember(test, tenantId);
    await countAll(test);
    expect(await progressOf(test, of(joined.id, early))).toMatchObject({ count: 0, status: 'not_started' });
    expect(await progressOf(test, of(joined.id, late))).toMatchObject({ count: 1, status: 'completed' });
    await taken(claimDay(test, of(daily.id, late)));
    await countAll(test);
    // Its own claims are not counted: that of joining and that of the day are.
    expect(await progressOf(test, of(claims.id, late))).toMatchObject({ count: 2, status: 'completed' });
  });

  it('of who is no member, or of a quest that is paused, is not counted', async () => {
    const { id } = await quest({ event: 'payment.succeeded', points: 5 });
    const stranger = await quickPerson(test);
    await buy(test, shop, { token: stranger.token });
    await countAll(test);
    expect(await sql`select status, reason from quest_counts where quest_id = ${id}`).toEqual([
      { status: 'ignored', reason: 'NOT_A_MEMBER' },
    ]);
  });

  it('gives its rewards by a claim, where it says so, once', async () => {
    const { id } = await quest({ event: 'payment.succeeded', points: 9, autoClaim: false });
    const member = await newMember(test, tenantId);
    const early = await claimReward(test, of(id, member));
    expectRefusal(early, 409, 'QUEST_NOT_ELIGIBLE');
    expect(reasonsOf(early)).toEqual(['NOT_COMPLETED']);
    await buy(test, shop, { token: member.token });
    await countAll(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed', claimable: true });
    const answers = await Promise.all(Array.from({ length: 20 }, () => claimReward(test, of(id, member))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectRefusal(answer, 409, 'ALREADY_CLAIMED');
    const refused = await complete(test, of(id, member));
    expect(reasonsOf(refused)).toContain('WRONG_KIND');
  });

  it('that cannot be counted now is tried again, and holds up no other', async () => {
    const { id } = await quest({ event: 'payment.succeeded', points: 5 });
    const member = await newMember(test, tenantId);
    await buy(test, shop, { token: member.token });
    await sql`alter table quest_progress add constraint broken check (quest_id <> ${sql.unsafe(`'${id}'`)}) not valid`;
    await countAll(test);
    const [waiting] = await sql`select status, attempts from quest_counts where quest_id = ${id}`;
    expect(waiting).toEqual({ status: 'pending', attempts: 1 });
    await sql`alter table quest_progress drop constraint broken`;
    await sql`update quest_counts set next_attempt_at = now() - interval '1 second' where quest_id = ${id}`;
    await countAll(test);
    expect(await progressOf(test, of(id, member))).toMatchObject({ status: 'completed' });
  });
});
