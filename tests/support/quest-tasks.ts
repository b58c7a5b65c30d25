import { afterEach, expect } from 'vitest';
import { brandWithMember, newMember, reasonsOf, tokenAt } from './coupons.ts';
import { findBroken } from './invariants.ts';
import { secondInstance } from './payments.ts';
import type { Person } from './people.ts';
import { balanceOf, countAll, makeQuest } from './quests.ts';
import { expectRefusal } from './refusals.ts';
import { openRows } from './rows.ts';
import { type Answer, startTestApp, type TestApp } from './test-app.ts';

/** A brand with members and quests that are completed once or repeated, on two instances; what is counted holds after each test. */
export async function openTasks() {
  const test = await startTestApp({ RATE_LIMITS: 'off', TEST_CLOCK: 'on' });
  const { sql } = openRows(test.url);
  const other = await secondInstance(test);
  const brand = await brandWithMember(test);
  const { tenantId, owner, tierId } = brand;
  const base = `quests/tenant/${tenantId}`;

  const task = (fields: Record<string, unknown> = {}) => makeQuest(test, brand, { kind: 'once', ...fields });
  const member = () => newMember(test, tenantId);
  const of = (questId: string, { token }: { token: string }) => ({ tenantId, questId, token });
  const balance = ({ token }: { token: string }) => balanceOf(test, { tenantId, token });
  const patch = (questId: string, body: object) =>
    test.call('PATCH', `${base}/${questId}`, { token: owner.token, body });

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

  afterEach(async () => {
    await countAll(test);
    expect(await findBroken(sql)).toEqual([]);
  });

  return {
    test,
    sql,
    other,
    brand,
    tenantId,
    owner,
    tierId,
    base,
    task,
    member,
    of,
    balance,
    patch,
    when,
    expectReasons,
    atOnce,
    successes,
  };
}
