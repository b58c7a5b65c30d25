import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPayments } from '#src/payments/check-payments.ts';
import { checkInvariants, checkProcessor } from '../support/invariants.ts';
import {
  begin,
  confirm,
  connectWebhooks,
  depsAt,
  inMinutes,
  openShop,
  readPayment,
  sweepIn,
  told,
} from '../support/payments.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp();
const { sql } = openRows(test.url);
const { stripe, control } = test.sandbox;

beforeAll(() => connectWebhooks(test));

afterAll(async () => {
  await told(test);
  await checkInvariants(sql);
  await checkProcessor(sql, stripe);
});

describe('the sweeper', () => {
  it('looks soon, then ever more seldom, and never again at what is settled', async () => {
    const shop = await openShop(test);
    const { id } = await begin(test, shop);
    const checkAt = async () => (await sql`select check_at, created_at from payments where id = ${id}`)[0];
    const waits: number[] = [];
    for (const minutes of [0, 1, 3, 7, 15]) {
      const now = inMinutes(minutes);
      await checkPayments(depsAt(test, now));
      const at = (await checkAt())?.['check_at'];
      waits.push(Math.round((at.getTime() - now.getTime()) / 60_000));
    }
    expect(waits.slice(1)).toEqual([1, 3, 7, 15]);
    await sweepIn(test, 31);
    expect((await checkAt())?.['check_at']).toBeNull();
    expect(await checkPayments(depsAt(test, inMinutes(600)))).toBe(0);
  });

  it('runs as a job', async () => {
    const shop = await openShop(test);
    const { id, clientSecret } = await begin(test, shop);
    // That it was made is told before: whoever hears of it later asks how it stands then.
    await told(test);
    // More than events of the tests before can use up, which are still repeated.
    control.drop(1_000);
    await confirm(test, clientSecret);
    await told(test);
    expect((await readPayment(test, shop, id)).status).toBe('pending');
    await sql`update payments set check_at = now() - interval '1 second' where id = ${id}`;
    await test.deps.jobs.enqueue(test.deps.db, 'sweep', {});
    await test.runJobs();
    control.drop(0);
    expect((await readPayment(test, shop, id)).status).toBe('succeeded');
  });
});
