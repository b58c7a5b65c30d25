import { beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '#src/clients/clock.ts';
import { pauseAbnormal } from '#src/coupons/pause-abnormal.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { newId } from '#src/lib/ids.ts';
import { brandWithMember, claim, makeCoupon, reasonsOf } from '../support/coupons.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openRows } from '../support/rows.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'off' });
const { sql } = openRows(test.url);
const brand = await brandWithMember(test);
const { tenantId, owner, member } = brand;
const HOUR = 3_600_000;
const now = Date.now();
const at = (hours: number) => new Date(now + hours * HOUR);
const look = (hours = 0) => pauseAbnormal({ ...test.deps, clock: fixedClock(at(hours)) });

beforeEach(async () => {
  await sql`delete from coupon_claims`;
});

/** Redemptions spread evenly over some hours that end so many hours from now. */
async function redeem(
  couponId: string,
  { count, hours = 0.9, end = 0 }: { count: number; hours?: number; end?: number },
) {
  const [to, step] = [at(end), (hours * HOUR) / count / 1000];
  await sql`insert into coupon_claims (tenant_id, id, coupon_id, user_id, code, status, claimed_at, redeemed_at, uses, budgets)
    select ${tenantId}, uuidv7(), ${couponId}, ${member.userId}, gen_random_uuid()::text, 'redeemed', x.at, x.at, '[]', '[]'
    from (select ${to}::timestamptz - n * make_interval(secs => ${step}) as at from generate_series(0, ${count - 1}) n) x`;
}

/** A coupon that is as old as a week. */
async function aged(fields: object = {}) {
  const coupon = await makeCoupon(test, brand, { public: true, ...fields });
  await sql`update coupons set created_at = ${at(-200)} where id = ${coupon.id}`;
  return coupon;
}

const read = async (couponId: string) =>
  (await test.call('GET', `coupons/${tenantId}/${couponId}`, { token: owner.token })).body.data;
const patch = (couponId: string, body: object) =>
  test.call('PATCH', `coupons/${tenantId}/${couponId}`, { token: owner.token, body });

describe('a coupon that is redeemed abnormally often', () => {
  it('rests from then on, with a reason, an entry in the log, an event and a mail to the owners', async () => {
    const coupon = await aged({ name: 'Leaked' });
    await redeem(coupon.id, { count: 19 });
    expect(await look()).toBe(0);
    await redeem(coupon.id, { count: 1 });
    expect(await look()).toBe(1);
    const paused = await read(coupon.id);
    expect(paused).toMatchObject({
      active: true,
      pausedAt: at(0).toISOString(),
      pausedReason: 'Redeemed 20 times within an hour; fewer than 20 were expected',
      version: coupon.version + 1,
    });
    const refused = await claim(test, { tenantId, couponId: coupon.id, token: member.token });
    expectRefusal(refused, 409, 'COUPON_NOT_ELIGIBLE');
    expect(reasonsOf(refused)).toEqual(['DISABLED']);
    const [event, ...others] = await sql`select type, data from events where object_id = ${coupon.id}`;
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'coupon.paused', data: { id: coupon.id, pausedReason: paused.pausedReason } });
    const entries = await sql`select actor_type from audit_entries
      where action = 'coupon.paused' and target_id = ${coupon.id}`;
    expect(entries).toMatchObject([{ actor_type: 'system' }]);
    await test.runJobs();
    const mail = test.mails.find(({ to }) => to === owner.email);
    expect(mail?.subject).toMatch(/a coupon is paused$/);
    expect(mail?.text).toContain('“Leaked” was redeemed 20 times');
  });

  it('is one that was redeemed less before: five times its mean hour of a week', async () => {
    const usual = await aged();
    await redeem(usual.id, { count: 10 * 168, hours: 168, end: -1 });
    await redeem(usual.id, { count: 49 });
    expect(await look()).toBe(0);
    await redeem(usual.id, { count: 1 });
    expect(await look()).toBe(1);
    expect((await read(usual.id)).pausedReason).toBe('Redeemed 50 times within an hour; fewer than 50 were expected');
  });

  it('is looked at as tuned, or never', async () => {
    const eager = await aged({ autoPause: { minimum: 3 } });
    const patient = await aged({ autoPause: { minimum: 60 } });
    const never = await aged({ autoPause: null });
    for (const { id } of [eager, patient, never]) await redeem(id, { count: 50 });
    expect(await look()).toBe(1);
    expect((await read(eager.id)).pausedAt).not.toBeNull();
    expect([(await read(patient.id)).pausedAt, (await read(never.id)).pausedAt]).toEqual([null, null]);
    expect((await read(eager.id)).autoPause).toEqual({ minimum: 3, factor: 5 });
    expect((await patch(never.id, { autoPause: {} })).body.data.autoPause).toEqual({ minimum: 20, factor: 5 });
    expect(await look()).toBe(1);
    for (const autoPause of [{ minimum: 0 }, { factor: 1 }, { minimum: 1.5 }, 'off']) {
      expectRefusal(await patch(patient.id, { autoPause }), 400, 'VALIDATION_ERROR');
    }
  });

  it('goes on when somebody ends the pause, and is not paused again for the same rate', async () => {
    const coupon = await aged();
    await redeem(coupon.id, { count: 30 });
    expect(await look()).toBe(1);
    const resumed = await patch(coupon.id, { paused: false });
    expect(resumed.body.data).toMatchObject({ pausedAt: null, pausedReason: null });
    expect(await look()).toBe(0);
    expect((await claim(test, { tenantId, couponId: coupon.id, token: member.token })).status).toBe(201);
    await redeem(coupon.id, { count: 30, end: 2 });
    expect(await look(2)).toBe(0);
    await redeem(coupon.id, { count: 60, end: 4 });
    expect(await look(4)).toBe(1);
  });

  it('is paused once, though many look, and not when somebody has just changed it', async () => {
    const coupon = await aged();
    await redeem(coupon.id, { count: 40 });
    const looks = await Promise.all(Array.from({ length: 8 }, () => look()));
    expect(looks.reduce((sum, count) => sum + count, 0)).toBe(1);
    const told = await sql`select count(*)::int as told from events where object_id = ${coupon.id}`;
    expect(told).toMatchObject([{ told: 1 }]);
  });

  it('is none that is off, archived or of another time', async () => {
    const off = await aged({ active: false });
    const old = await aged();
    await redeem(off.id, { count: 40 });
    await redeem(old.id, { count: 40, end: -1.5 });
    const archived = await aged();
    await redeem(archived.id, { count: 40 });
    const removed = await test.call('DELETE', `coupons/${tenantId}/${archived.id}`, { token: owner.token });
    expect(removed.body.data.archived).toBe(true);
    expect(await look()).toBe(0);
  });

  it('is found by the job of every minute', async () => {
    const coupon = await aged();
    await redeem(coupon.id, { count: 40 });
    await jobHandlers({ ...test.deps, clock: fixedClock(at(0)) }).expire({});
    expect((await read(coupon.id)).pausedAt).not.toBeNull();
  });

  it('stays the business of its brand', async () => {
    const other = await brandWithMember(test);
    const coupon = await aged();
    await redeem(coupon.id, { count: 25 });
    expect(await look()).toBe(1);
    const foreign = await test.call('GET', `coupons/${tenantId}/${coupon.id}`, { token: other.owner.token });
    expectRefusal(foreign, 404, 'NOT_FOUND');
    expectRefusal(await patch(newId(), { paused: false }), 404, 'NOT_FOUND');
  });
});
