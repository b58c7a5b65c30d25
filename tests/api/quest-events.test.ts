import { afterEach, describe, expect, it } from 'vitest';
import { countEvents } from '#src/quests/count-events.ts';
import { newMember } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, openShop, refund, told } from '../support/payments.ts';
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
});
