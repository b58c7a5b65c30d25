import { beforeAll, describe, expect, it } from 'vitest';
import {
  creditCalls,
  daily,
  expectExhausted,
  monthly,
  nextMonth,
  passed,
  startCreditsApp,
  statusesOf,
  times,
  tomorrow,
} from '../support/credits.ts';
import { atInstant, inSeconds, makeKey, quickBrand, useKey } from '../support/keys.ts';
import { holdLock, outsideSession, waitForBlocked } from '../support/outside-session.ts';
import type { Brand } from '../support/people.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';

const test = await startCreditsApp();
const { call } = test;
const { creditsOf, remainingOf, withCredits, patch, rotate, codeOf } = creditCalls(test);
const { sql } = openRows(test.url);
const outside = outsideSession(test.url);
const keys = 'auth/api-keys';

let brand: Brand;
beforeAll(async () => {
  brand = await quickBrand(test);
});

describe('a rotation', () => {
  it('neither adds nor loses credits: both keys take from the same', async () => {
    const old = await withCredits(brand, 10, daily(30));
    expect((await useKey(test, old.key)).status).toBe(200);
    const fresh = await rotate(brand, old, { overlapSeconds: 3_600 });
    expect(fresh.apiKey.credits).toEqual({ remaining: 9, refill: daily(30), refillsAt: tomorrow.toISOString() });
    const answers = await Promise.all([
      times(20, () => useKey(test, old.key)),
      times(20, () => useKey(test, fresh.key)),
    ]);
    expect(passed(answers.flat())).toBe(9);
    for (const one of [old, fresh]) {
      expect(await remainingOf(brand, one)).toBe(0);
      expectExhausted(await useKey(test, one.key), { refillsAt: tomorrow });
      expect(await codeOf(brand, one)).toBe('USAGE_EXCEEDED');
    }
    // A refill is one as well, and outlives the old key.
    expect(passed(await times(40, () => useKey(test, fresh.key, tomorrow)))).toBe(30);
  });

  it('while both are in use lets exactly as many through as there were', async () => {
    const old = await withCredits(brand, 25);
    const before = times(40, () => useKey(test, old.key));
    const fresh = await rotate(brand, old, { overlapSeconds: 3_600 });
    const after = times(40, () => useKey(test, fresh.key));
    expect(passed([...(await before), ...(await after)])).toBe(25);
  });

  it('hands on what is left when the old key ends at once, over several generations', async () => {
    let key = await withCredits(brand, 4);
    for (const left of [3, 2, 1]) {
      expect((await useKey(test, key.key)).status).toBe(200);
      const fresh = await rotate(brand, key, { overlapSeconds: 0 });
      expect((await useKey(test, key.key)).status).toBe(401);
      expect(fresh.apiKey.credits.remaining).toBe(left);
      key = fresh;
    }
    expect([(await useKey(test, key.key)).status, (await useKey(test, key.key)).status]).toEqual([200, 402]);
  });

  it('leaves one number that a change of either key changes, and null takes off this key alone', async () => {
    const old = await withCredits(brand, 10);
    const fresh = await rotate(brand, old);
    expect((await patch(brand, fresh, { credits: { remaining: 3 } })).status).toBe(200);
    expect(await remainingOf(brand, old)).toBe(3);
    expect((await patch(brand, old, { credits: { refill: daily(2) } })).status).toBe(200);
    expect(await creditsOf(brand, fresh)).toMatchObject({ remaining: 3, refill: daily(2) });
    expect((await patch(brand, fresh, { credits: null })).body.data.credits).toBeNull();
    expect(passed(await times(6, () => useKey(test, fresh.key)))).toBe(6);
    expect(passed(await times(6, () => useKey(test, old.key)))).toBe(3);
    // Set anew, it is a number of its own.
    await patch(brand, fresh, { credits: { remaining: 1 } });
    expect([await remainingOf(brand, old), await remainingOf(brand, fresh)]).toEqual([0, 1]);
  });
});

describe('a change', () => {
  const counters = async ({ tenantId }: Brand) =>
    (await sql`select id from api_key_credits where tenant_id = ${tenantId}`).length;

  it('gives credits, changes what is said, and takes them off, each with its audit entry', async () => {
    const own = await quickBrand(test);
    const key = await makeKey(test, own);
    const changes: [object | null, object | null][] = [
      [{ remaining: 2 }, { remaining: 2, refill: null, refillsAt: null }],
      [{ refill: monthly(9) }, { remaining: 2, refill: monthly(9), refillsAt: nextMonth.toISOString() }],
      [{ remaining: 5 }, { remaining: 5, refill: monthly(9), refillsAt: nextMonth.toISOString() }],
      [
        { remaining: 6, refill: daily(1) },
        { remaining: 6, refill: daily(1), refillsAt: tomorrow.toISOString() },
      ],
      [{ refill: null }, { remaining: 6, refill: null, refillsAt: null }],
      [null, null],
    ];
    for (const [credits, expected] of changes) {
      const answer = await patch(own, key, { credits });
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.data.credits).toEqual(expected);
      expect(await creditsOf(own, key)).toEqual(expected);
    }
    expect(await counters(own)).toBe(0);
    const entries = (await call('GET', `tenants/${own.tenantId}/audit`, { token: own.owner.token })).body.data;
    const told = entries.filter(({ action }: { action: string }) => action === 'apiKey.updated');
    expect(told.map(({ after }: any) => after)).toEqual(changes.map(([, credits]) => ({ credits })).reverse());
    const untold = await patch(own, key, { credits: null, name: 'Till' });
    expect(untold.status).toBe(200);
    expect((await call('GET', `tenants/${own.tenantId}/audit`, { token: own.owner.token })).body.data).toEqual(entries);
  });

  it('works from the next request on', async () => {
    const key = await withCredits(brand, 0);
    expect((await useKey(test, key.key)).status).toBe(402);
    await patch(brand, key, { credits: { remaining: 1 } });
    expect([(await useKey(test, key.key)).status, (await useKey(test, key.key)).status]).toEqual([200, 402]);
    await patch(brand, key, { credits: null });
    expect(passed(await times(5, () => useKey(test, key.key)))).toBe(5);
  });

  it('of something else leaves them as they are', async () => {
    const key = await withCredits(brand, 5, daily(8));
    const before = await creditsOf(brand, key);
    for (const body of [{ name: 'Other' }, { enabled: true }, { credits: {} }]) {
      expect((await patch(brand, key, body)).body.data.credits).toEqual(before);
    }
    expect(await creditsOf(brand, key)).toEqual(before);
  });

  it('loses no request that is taken meanwhile', async () => {
    const key = await withCredits(brand, 200);
    const uses = times(60, () => useKey(test, key.key));
    for (let n = 1; n <= 10; n += 1) {
      expect((await patch(brand, key, { credits: { refill: daily(n) } })).status).toBe(200);
    }
    expect(passed(await uses)).toBe(60);
    expect(await remainingOf(brand, key)).toBe(140);
  });

  it('that takes them off while a request waits for its credit lets it pass', async () => {
    const own = await quickBrand(test);
    const key = await withCredits(own, 1);
    // The request has read the key, and its counter goes away before it can take from it.
    const lock = await holdLock(
      outside,
      `select 1 from api_key_credits where tenant_id = '${own.tenantId}' for update`,
    );
    const freed = patch(own, key, { credits: null });
    await waitForBlocked(outside, 1);
    const use = useKey(test, key.key);
    await waitForBlocked(outside, 2);
    await lock.release();
    expect(await statusesOf([freed, use])).toEqual([200, 200]);
    expect((await useKey(test, key.key)).status).toBe(200);
    expect(await counters(own)).toBe(0);
  });

  it('of both keys of a rotation at once leaves no counter behind', async () => {
    const own = await quickBrand(test);
    for (let round = 0; round < 5; round += 1) {
      const old = await withCredits(own, 3);
      const fresh = await rotate(own, old);
      const answers = [old, fresh].map((one) => patch(own, one, { credits: null }));
      expect(await statusesOf(answers)).toEqual([200, 200]);
      expect(await counters(own)).toBe(0);
    }
  });

  it('is none for a key that has ended', async () => {
    const key = await makeKey(test, brand, { expiresAt: inSeconds(120).toISOString(), credits: { remaining: 3 } });
    const late = await patch(brand, key, { credits: { remaining: 9 } }, atInstant(inSeconds(121)));
    expectRefusal(late, 409, 'API_KEY_ENDED');
    await call('DELETE', `${keys}/${key.id}`, { token: brand.owner.token });
    expectRefusal(await patch(brand, key, { credits: null }), 409, 'API_KEY_ENDED');
    expect(await remainingOf(brand, key)).toBe(3);
  });

  it.each([{}, { refill: null }, { refill: daily(3) }])(
    'of a key without credits needs a number: %j',
    async (credits) => {
      const key = await makeKey(test, brand);
      const answer = await patch(brand, key, { credits });
      expectRefusal(answer, 400, 'VALIDATION_ERROR');
      expect(answer.body.error.errors).toEqual([
        { location: 'body', field: 'credits.remaining', message: expect.any(String) },
      ]);
      expect(await creditsOf(brand, key)).toBeNull();
    },
  );
});

describe('bad credits', () => {
  it.each([
    [{}, 'credits.remaining'],
    [{ refill: daily(1) }, 'credits.remaining'],
    [{ remaining: null }, 'credits.remaining'],
    [{ remaining: -1 }, 'credits.remaining'],
    [{ remaining: 1.5 }, 'credits.remaining'],
    [{ remaining: '5' }, 'credits.remaining'],
    [{ remaining: 1_000_000_001 }, 'credits.remaining'],
    [{ remaining: 1, refill: {} }, 'credits.refill.amount'],
    [{ remaining: 1, refill: daily(0) }, 'credits.refill.amount'],
    [{ remaining: 1, refill: daily(1_000_000_001) }, 'credits.refill.amount'],
    [{ remaining: 1, refill: { amount: 1 } }, 'credits.refill.interval'],
    [{ remaining: 1, refill: { amount: 1, interval: 'year' } }, 'credits.refill.interval'],
    [{ remaining: 1, refill: 5 }, 'credits.refill'],
    [5, 'credits'],
    [[], 'credits'],
  ])('%j are refused at %s', async (credits, field) => {
    const { token } = brand.owner;
    const made = await call('POST', keys, { token, body: { name: 'Till', scopes: ['read'], credits } });
    expectRefusal(made, 400, 'VALIDATION_ERROR');
    expect(made.body.error.errors[0]).toMatchObject({ location: 'body', field });
    const key = await makeKey(test, brand);
    expectRefusal(await patch(brand, key, { credits }), 400, 'VALIDATION_ERROR');
    expect(await creditsOf(brand, key)).toBeNull();
  });

  it('are the largest that there may be, and still count', async () => {
    const key = await withCredits(brand, 1_000_000_000, monthly(1_000_000_000));
    expect((await useKey(test, key.key, nextMonth)).status).toBe(200);
  });
});

describe('the credits of another brand', () => {
  it('are neither seen nor changed', async () => {
    const other = await quickBrand(test);
    const key = await withCredits(brand, 5, daily(5));
    const before = await creditsOf(brand, key);
    const headers = { 'x-tenant-id': other.tenantId };
    const theirs = { token: other.owner.token, headers };
    expectRefusal(await patch(other, key, { credits: { remaining: 99 } }, headers), 404, 'NOT_FOUND');
    expectRefusal(await patch(other, key, { credits: null }), 404, 'NOT_FOUND');
    expectRefusal(await call('GET', `${keys}/${key.id}`, theirs), 404, 'NOT_FOUND');
    expectRefusal(await call('GET', `${keys}/${key.id}/usage`, theirs), 404, 'NOT_FOUND');
    expectRefusal(await call('POST', `${keys}/${key.id}/rotate`, theirs), 404, 'NOT_FOUND');
    expect(await codeOf(other, key)).toBe('NOT_FOUND');
    expect(await creditsOf(brand, key)).toEqual(before);
  });

  it('cannot be drawn on, not even by a row that says so', async () => {
    const other = await quickBrand(test);
    const [mine, theirs] = [await withCredits(brand, 5), await makeKey(test, other)];
    await expect(
      sql`update api_keys set credits_id = (select credits_id from api_keys where id = ${mine.id}) where id = ${theirs.id}`,
    ).rejects.toThrow('api_keys_credits_fk');
  });
});
