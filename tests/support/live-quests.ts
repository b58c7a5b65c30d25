import { expect } from 'vitest';
import type { LiveCall } from './live-calls.ts';
import type { Brand, Person } from './people.ts';
import { claimDay, complete, makeQuest, submit, taken } from './quests.ts';
import { quickPerson } from './quick-people.ts';
import type { TestApp } from './test-app.ts';
import type { StaffedBrand } from './world.ts';

/** Somebody new who joins the brand. */
export async function newMember(test: TestApp, tenantId: string): Promise<Person> {
  const person = await quickPerson(test, 'playing');
  const joined = await test.call('POST', `tenants/${tenantId}/membership/join`, { token: person.token });
  expect(joined.status, joined.text).toBe(201);
  return person;
}

/** A quest with one member's proof that waits and another one's completion. */
export async function playQuest(
  test: TestApp,
  brand: Pick<Brand, 'tenantId' | 'owner'>,
): Promise<Record<string, string>> {
  const { tenantId, owner } = brand;
  const { id: questId } = await makeQuest(test, brand, { kind: 'once', proof: 'any' });
  const [proving, done] = [await newMember(test, tenantId), await newMember(test, tenantId)];
  const body = { text: 'I planted a tree' };
  const submission = await taken(submit(test, { tenantId, questId, token: proving.token, body }));
  const helping = { tenantId, questId, token: owner.token, body: { userId: done.userId } };
  const { completion } = await taken(complete(test, helping));
  return { questId, submissionId: submission.id, completionId: completion.id };
}

/** A member who has claimed a day of a quest with freezes for sale, and where that quest is. */
async function claimedDay(test: TestApp, brand: StaffedBrand) {
  const { tenantId } = brand;
  const { userId, token } = await newMember(test, tenantId);
  const streak = { bonuses: [], freezes: { price: 5, max: 2 } };
  const { id: questId } = await makeQuest(test, brand, { streak });
  await taken(claimDay(test, { tenantId, questId, token }));
  return { userId, token, url: `quests/tenant/${tenantId}/${questId}` };
}

const repairing = (userId: string) => ({ userId, streak: 41, reason: 'Our app was down' });

/** Calls of the operations of quests that succeed, where the example alone does not. */
export const LIVE_QUESTS: Record<string, (test: TestApp, brand: StaffedBrand) => Promise<Partial<LiveCall>>> = {
  claimDailyQuest: async (test, brand) => {
    const { token } = await newMember(test, brand.tenantId);
    const { id } = await makeQuest(test, brand);
    return { token, url: `quests/tenant/${brand.tenantId}/${id}/daily/claim` };
  },
  completeQuest: async (test, brand) => {
    const { userId } = await newMember(test, brand.tenantId);
    const { id } = await makeQuest(test, brand, { kind: 'once' });
    return { url: `quests/tenant/${brand.tenantId}/${id}/complete`, body: { userId } };
  },
  claimQuest: async (test, brand) => {
    const { tenantId } = brand;
    const { token } = await newMember(test, tenantId);
    const { id: questId } = await makeQuest(test, brand, { kind: 'once', autoClaim: false });
    await taken(complete(test, { tenantId, questId, token }));
    return { token, url: `quests/tenant/${tenantId}/${questId}/claim` };
  },
  submitQuestProof: async (test, brand) => {
    const { token } = await newMember(test, brand.tenantId);
    const { id } = await makeQuest(test, brand, { kind: 'once', proof: 'text' });
    return { token, url: `quests/tenant/${brand.tenantId}/${id}/submissions` };
  },
  buyStreakFreeze: async (test, brand) => {
    const { token, url } = await claimedDay(test, brand);
    return { token, url: `${url}/freezes` };
  },
  repairStreak: async (test, brand) => {
    const { userId, url } = await claimedDay(test, brand);
    return { url: `${url}/streak`, body: repairing(userId) };
  },
  revertStreak: async (test, brand) => {
    const { userId, url } = await claimedDay(test, brand);
    const call = { token: brand.owner.token, body: repairing(userId) };
    const repaired = await test.call('POST', `${url}/streak`, call);
    expect(repaired.status, repaired.text).toBe(200);
    const { snapshotId } = repaired.body.data;
    return { url: `${url}/streak/revert`, body: { snapshotId, reason: 'It was the wrong member' } };
  },
};
