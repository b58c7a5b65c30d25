import { expect } from 'vitest';
import { countEvents } from '#src/quests/count-events.ts';
import { clockAt } from './coupons.ts';
import type { Answer, TestApp } from './test-app.ts';

export type QuestBrand = { tenantId: string; owner: { token: string } };
type Calling = Pick<TestApp, 'call'>;

/** A quest of the brand: a daily one for ten points, unless something else is said. */
export async function makeQuest(test: Calling, { tenantId, owner }: QuestBrand, fields: Record<string, unknown> = {}) {
  const body = { title: 'A quest', kind: 'daily', points: 10, ...fields };
  const made = await test.call('POST', `quests/tenant/${tenantId}`, { token: owner.token, body });
  expect(made.status, made.text).toBe(201);
  return made.body.data;
}

type Acting = {
  tenantId: string;
  questId: string;
  token: string;
  at?: Date | string;
  body?: Record<string, unknown>;
};

const act = (path: string) =>
  function post(test: Calling, { tenantId, questId, token, at, body }: Acting): Promise<Answer> {
    const headers = clockAt(at === undefined ? undefined : new Date(at));
    return test.call('POST', `quests/tenant/${tenantId}/${questId}/${path}`, { token, headers, ...(body && { body }) });
  };

export const claimDay = act('daily/claim');
export const claimReward = act('claim');
export const buyFreeze = act('freezes');
export const submit = act('submissions');

export function complete(test: Calling, { body = {}, ...acting }: Acting): Promise<Answer> {
  return act('complete')(test, { ...acting, body });
}

/** What came of it, which must have been taken. */
export async function taken(answer: Promise<Answer>) {
  const { status, text, body } = await answer;
  expect(status, text).toBe(201);
  return body.data;
}

export async function progressOf(test: Calling, { tenantId, questId, token, at }: Acting) {
  const headers = clockAt(at === undefined ? undefined : new Date(at));
  const { status, text, body } = await test.call('GET', `quests/tenant/${tenantId}/${questId}`, { token, headers });
  expect(status, text).toBe(200);
  return body.data.progress;
}

export async function balanceOf(test: Calling, { tenantId, token }: { tenantId: string; token: string }) {
  const { status, text, body } = await test.call('GET', `tenants/${tenantId}/points`, { token });
  expect(status, text).toBe(200);
  return body.data.balance as number;
}

export async function setZone(test: Calling, { token, timezone }: { token: string; timezone: string }): Promise<void> {
  const changed = await test.call('PATCH', 'auth/me', { token, body: { timezone } });
  expect(changed.status, changed.text).toBe(200);
}

/** Counts all that waits to be counted. */
export async function countAll({ deps }: Pick<TestApp, 'deps'>): Promise<void> {
  while ((await countEvents(deps)) > 0);
}
