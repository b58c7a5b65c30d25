import { beforeAll, describe, expect, it } from 'vitest';
import { newMember } from '../support/coupons.ts';
import { findBroken } from '../support/invariants.ts';
import { buy, connectWebhooks, openShop, told } from '../support/payments.ts';
import { QUEST_INVARIANTS } from '../support/quest-invariants.ts';
import { claimDay, complete, countAll, makeQuest, submit, taken } from '../support/quests.ts';
import { openRows } from '../support/rows.ts';
import { whatBreaks } from '../support/sabotage.ts';
import { startTestApp } from '../support/test-app.ts';

/** The invariants of quests (G5) are worth what they find: each is broken once here. */
const test = await startTestApp();
const { sql } = openRows(test.url);

beforeAll(async () => {
  await connectWebhooks(test);
  const shop = await openShop(test);
  const { tenantId, owner } = shop;
  const basic = { token: owner.token, body: { name: 'Basic', code: 'basic', rank: 0 } };
  await test.call('POST', `memberships/tenant/${tenantId}/tiers`, basic);
  const { token } = await newMember(test, tenantId);
  const of = ({ id: questId }: { id: string }) => ({ tenantId, questId, token });
  await makeQuest(test, shop, { kind: 'event', event: 'payment.succeeded', target: 1 });
  await taken(claimDay(test, of(await makeQuest(test, shop))));
  await taken(complete(test, of(await makeQuest(test, shop, { kind: 'once', maxClaims: 5 }))));
  const proved = await makeQuest(test, shop, { kind: 'once', proof: 'text' });
  const sent = await taken(submit(test, { ...of(proved), body: { text: 'A tree' } }));
  const path = `quests/tenant/${tenantId}/${proved.id}/submissions/${sent.id}/approve`;
  const approved = await test.call('POST', path, { token: owner.token });
  expect(approved.status, approved.text).toBe(200);
  await buy(test, shop, { token });
  await told(test);
  await countAll(test);
});

const SABOTAGE: Record<keyof typeof QUEST_INVARIANTS, string[]> = {
  'a quest is claimed no more often than it may be': [
    'alter table quests drop constraint quests_claims_check',
    'update quests set max_claims = 0 where max_claims is not null',
  ],
  'no claim is counted that there is not': ['update quests set claims = claims + 1 where max_claims is not null'],
  'a member has as many claims of a quest as are counted': ['update quest_members set claims = claims + 1'],
  'a streak stands as its last claim left it, or who set it by hand': [
    'update quest_members set streak = streak + 1, best = best + 1 where streak > 0',
  ],
  'a claim gave its points, and one that is taken back gave none': ['update quest_claims set points = points + 1'],
  'what is claimed of a task was completed, and the other way round': [
    'update quest_progress set claimed_at = null where claimed_at is not null',
  ],
  'a proof is decided or waits, and one that is approved made a step': [
    `update quest_submissions set starts_on = starts_on + 1 where status = 'approved'`,
  ],
  'an event counts once, until it is undone': [
    `update quest_progress p set count = count + 1 from quests q where q.id = p.quest_id and q.kind = 'event'`,
  ],
};

describe('the checker of invariants', () => {
  it('finds nothing where all is right', async () => {
    expect(await findBroken(sql)).toEqual([]);
  });

  it.each(Object.keys(QUEST_INVARIANTS))('notices when it is broken that %s', async (name) => {
    expect(await whatBreaks(sql, { statements: SABOTAGE[name] ?? [] })).toContain(name);
  });
});
