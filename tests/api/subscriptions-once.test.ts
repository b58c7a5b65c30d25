import { describe, expect, it } from 'vitest';
import { buildApp } from '#src/app.ts';
import { createDeps } from '#src/deps.ts';
import { checkSubscriptions } from '#src/subscriptions/check-subscriptions.ts';
import { afterFile } from '../support/after-file.ts';
import { expectRefusal } from '../support/refusals.ts';
import { openClubs, type Tier, type Who } from '../support/subscriptions.ts';

const clubs = await openClubs();
const { test, sql, person, ask, tokenOf, tierIn, clubWithTier, subscribe, begun, pay, paid, read, settle } = clubs;
const { paymentsOf, eventsOf, subscriptionsOf, advance } = clubs;
const { control } = test.sandbox;

/** With nothing under way that could take the faults for itself. The SDK tries twice. */
async function failNext(fault: 500 | 'drop') {
  await settle();
  control.failNext(fault, 2);
}

/** Another process on the same database and the same processor. */
async function secondInstance() {
  const deps = { ...createDeps(test.deps.config, test.deps.log), clock: test.deps.clock, mailer: test.deps.mailer };
  const app = await buildApp(deps, test.deps.log as never);
  await app.ready();
  afterFile(async () => {
    await app.close();
    await deps.close();
  });
  return app;
}
const other = await secondInstance();

const rowsOf = ({ userId }: Who) => sql`select id, status from subscriptions where user_id = ${userId}`;

function subscribeAt(app: typeof other, who: Who, { tier, key }: { tier: Tier; key?: string }) {
  return app.inject({
    method: 'POST',
    url: '/api/v1/stripe/subscribe',
    headers: { authorization: `Bearer ${tokenOf(who)}`, ...(key && { 'idempotency-key': key }) },
    payload: { tenantId: tier.tenantId, tierId: tier.id },
  });
}

describe('many at once', () => {
  it('make one subscription at the processor: 20 callers, two instances', async () => {
    const { tier } = await clubWithTier();
    const who = await person();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => subscribeAt(index % 2 ? other : test.app, who, { tier })),
    );
    expect(answers.map(({ statusCode, body }) => (statusCode === 201 ? 201 : body))).toEqual(Array(20).fill(201));
    const found = answers.map((answer) => answer.json().data);
    expect(new Set(found.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
    expect(new Set(found.map(({ clientSecret }) => clientSecret)).size).toBe(1);
    expect(await subscriptionsOf(who)).toHaveLength(1);
    expect(await rowsOf(who)).toHaveLength(1);
    await pay(found[0]);
    await settle();
    expect(await paymentsOf(who)).toHaveLength(1);
  });

  it('for two tiers leave one that runs', async () => {
    const { club, tier } = await clubWithTier();
    const second = await tierIn(club);
    const who = await person();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        subscribeAt(index % 2 ? other : test.app, who, { tier: index % 3 ? tier : second }),
      ),
    );
    for (const { statusCode, body } of answers) expect([201, 409], body).toContain(statusCode);
    const running = (await subscriptionsOf(who)).filter(({ status }) => status === 'incomplete');
    expect(running).toHaveLength(1);
    await settle();
    expect((await rowsOf(who)).filter(({ status }) => status === 'incomplete')).toHaveLength(1);
  });

  it('cancel and pay: what is paid is paid once, and what is ended stays so', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await begun(tier);
    const path = `stripe/subscriptions/${subscriber.id}/cancel`;
    const [paying, ...canceled] = await Promise.all([
      pay(subscriber),
      ...Array.from({ length: 5 }, () => ask(subscriber.who, 'POST', path, { body: { atPeriodEnd: false } })),
    ]);
    for (const answer of canceled) expect(answer.status, answer.text).toBe(200);
    await settle();
    const { subscription, membership } = await read(subscriber);
    expect(subscription.status).toBe('canceled');
    expect(membership?.status ?? 'canceled').toBe('canceled');
    expect(await paymentsOf(subscriber.who)).toHaveLength(paying.body.status === 'succeeded' ? 1 : 0);
  });

  it('look at one that was just paid, and none of them fails', async () => {
    const { club, tier } = await clubWithTier();
    const subscriber = await begun(tier);
    control.pause();
    await pay(subscriber);
    const path = `stripe/subscriptions/${subscriber.id}/resume`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? other : test.app).inject({
          method: 'POST',
          url: `/api/v1/${index < 10 ? path : 'stripe/subscribe'}`,
          headers: { authorization: `Bearer ${tokenOf(subscriber.who)}` },
          ...(index >= 10 && { payload: { tenantId: tier.tenantId, tierId: tier.id } }),
        }),
      ),
    );
    for (const { statusCode, body } of answers) expect([200, 409], body).toContain(statusCode);
    control.resume();
    await settle();
    expect(await paymentsOf(subscriber.who)).toHaveLength(1);
    expect((await eventsOf(club.tenantId)).toSorted()).toEqual(['membership.created', 'payment.succeeded']);
  });
});

describe('an Idempotency-Key', () => {
  it('replays the first answer, and refuses another request', async () => {
    const { club, tier } = await clubWithTier();
    const who = await person();
    const first = await subscribe(who, tier, { key: 'k1' });
    const again = await subscribe(who, tier, { key: 'k1' });
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expectRefusal(await subscribe(who, await tierIn(club), { key: 'k1' }), 422, 'IDEMPOTENCY_KEY_REUSED');
    expect(await subscriptionsOf(who)).toHaveLength(1);
    const other = await person();
    const theirs = await subscribe(other, tier, { key: 'k1' });
    expect(theirs.body.data.subscriptionId).not.toBe(first.body.data.subscriptionId);
  });

  it('goes on with what an interrupted request has begun, also when it is paid meanwhile', async () => {
    const { tier } = await clubWithTier();
    const who = await person();
    await failNext(500);
    expectRefusal(await subscribe(who, tier, { key: 'k2' }), 503, 'SERVICE_UNAVAILABLE');
    const [row] = await rowsOf(who);
    const answer = await subscribe(who, tier, { key: 'k2' });
    expect(answer.body.data).toMatchObject({ subscriptionId: row?.['id'], status: 'incomplete' });
    await pay(answer.body.data);
    await settle();
    // Its answer is lost, as with a process that died before it kept it.
    await sql`delete from idempotent_answers`;
    expect((await subscribe(who, tier, { key: 'k2' })).status).toBe(201);
    expect(await subscriptionsOf(who)).toHaveLength(1);
  });

  it('100 at once make one', async () => {
    const { tier } = await clubWithTier();
    const who = await person();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => subscribeAt(index % 2 ? other : test.app, who, { tier, key: 'k3' })),
    );
    const made = answers.filter(({ statusCode }) => statusCode === 201);
    expect(made.length).toBeGreaterThan(0);
    for (const { statusCode, body } of answers) expect([201, 409], body).toContain(statusCode);
    expect(new Set(made.map((answer) => answer.json().data.subscriptionId)).size).toBe(1);
    expect(await subscriptionsOf(who)).toHaveLength(1);
    expect(await rowsOf(who)).toHaveLength(1);
  });
});

describe('a processor that fails', () => {
  it.each([500, 'drop'] as const)('by %s gives 503, and the retry makes one', async (fault) => {
    const { tier } = await clubWithTier();
    const who = await person();
    // The customer and the price are there: what fails is the subscription itself, with the SDK's own retry.
    await begun(tier, who).then(({ id }) =>
      ask(who, 'POST', `stripe/subscriptions/${id}/cancel`, { body: { atPeriodEnd: false } }),
    );
    await failNext(fault);
    const answer = await subscribe(who, tier);
    expectRefusal(answer, 503, 'SERVICE_UNAVAILABLE');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    const again = await begun(tier, who);
    const open = (await subscriptionsOf(who)).filter(({ status }) => status === 'incomplete');
    expect(open).toHaveLength(1);
    expect((await rowsOf(who)).filter(({ status }) => status === 'incomplete')).toHaveLength(1);
    await pay(again);
    await settle();
    expect((await read(again)).subscription.status).toBe('active');
    expect(await paymentsOf(who)).toHaveLength(1);
  });

  it('is asked again by the job, though nobody comes back', async () => {
    const { tier } = await clubWithTier();
    const who = await person();
    await failNext(500);
    expectRefusal(await subscribe(who, tier), 503, 'SERVICE_UNAVAILABLE');
    expect(await subscriptionsOf(who)).toEqual([]);
    await advance({ hours: 1 });
    await checkSubscriptions(test.deps);
    expect(await subscriptionsOf(who)).toHaveLength(1);
    const again = await begun(tier, who);
    await pay(again);
    await settle();
    expect((await read(again)).subscription.status).toBe('active');
    expect(await subscriptionsOf(who)).toHaveLength(1);
  });

  it('is no reason to lose a cancellation: the retry ends it', async () => {
    const { tier } = await clubWithTier();
    const subscriber = await paid(tier);
    const cancel = () =>
      ask(subscriber.who, 'POST', `stripe/subscriptions/${subscriber.id}/cancel`, { body: { atPeriodEnd: false } });
    for (const fault of [500, 'drop'] as const) {
      await failNext(fault);
      expectRefusal(await cancel(), 503, 'SERVICE_UNAVAILABLE');
    }
    const ended = await cancel();
    expect(ended.body.data).toMatchObject({ subscription: { status: 'canceled' }, membership: { status: 'canceled' } });
    await settle();
    expect((await read(subscriber)).subscription.status).toBe('canceled');
  });
});
