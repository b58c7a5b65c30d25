import { expect } from 'vitest';
import { fixedClock } from '#src/clients/clock.ts';
import { jobHandlers } from '#src/job-handlers.ts';
import { countEvents } from '#src/quests/count-events.ts';
import { eraseUserFiles } from '#src/storage/erase-user-files.ts';
import { workOnPaper } from './live-crypto.ts';
import { CARDS, confirm, eventOf, tell } from './payments.ts';
import { buyProduct } from './purchases.ts';
import { makeQuest } from './quests.ts';
import type { Answer, TestApp } from './test-app.ts';
import { createFullBrand } from './world.ts';

const HOUR = 3_600_000;

/** What no call of an operation does by itself: what the processor tells, and what jobs do at other times. */
export async function workBehindCalls(test: TestApp): Promise<void> {
  const brand = await createFullBrand(test);
  const { tenantId, owner, customer, params } = brand;
  const { token } = owner;
  const { stripe } = test.sandbox;
  const done = async (answering: Promise<Answer>) => {
    const answer = await answering;
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.body.data;
  };
  const ask = (method: string, path: string, body?: object) =>
    done(test.call(method, path, { token, headers: { 'x-tenant-id': tenantId }, ...(body && { body }) }));
  const say = (type: string, object: object) => done(tell(test, eventOf(type, object)));
  const product = { name: 'Counted', price: { amount: 1000, currency: 'EUR' }, status: 'active', stock: 99 };
  const { id: productId } = await ask('POST', 'tenants/brand/products', product);
  const buying = { tenantId, productId, token };
  const begin = () => ask('POST', 'payments/create', { tenantId, items: [{ productId, quantity: 1 }] });

  const whole = await buyProduct(test, buying);
  await ask('POST', `payments/refund/${whole.payment.id}`, {});

  const contested = await buyProduct(test, buying);
  const refund = await stripe.refunds.create({ payment_intent: contested.intentId, amount: 100 });
  await say('refund.created', refund);
  const dispute = await test.sandbox.call('disputes', { payment_intent: contested.intentId });
  await say('charge.dispute.created', dispute);
  await say('charge.dispute.closed', await test.sandbox.call(`disputes/${dispute.id}/close`, { outcome: 'lost' }));

  const declined = await begin();
  await confirm(test, declined.card.clientSecret, CARDS.declined);
  await say('payment_intent.payment_failed', await stripe.paymentIntents.retrieve(declined.card.paymentIntentId));
  const canceled = await begin();
  await ask('POST', `payments/${canceled.payment.id}/cancel`);

  const { data: invoices } = await stripe.invoices.list({ limit: 1 });
  await say('invoice.paid', invoices[0] as object);
  const paid = await done(test.call('GET', 'payments', { token: customer.token }));
  const period = paid.find(({ kind }: { kind: string }) => kind === 'subscription');
  await ask('POST', `payments/refund/${period.id}`, {});
  const { subscription } = await ask('GET', `stripe/subscriptions/${params['subscriptionId']}`);
  expect(subscription.status).toBe('canceled');

  await makeQuest(test, { tenantId, owner }, { kind: 'event', event: 'payment.succeeded', target: 9 });
  await test.call('POST', `tenants/${tenantId}/membership/join`, { token });
  const counted = await buyProduct(test, buying);
  while ((await countEvents(test.deps)) > 0);
  await ask('POST', `payments/refund/${counted.payment.id}`, {});

  await workOnPaper(test, brand);

  // One that nobody pays, and somebody who never comes back.
  await begin();
  const subscribing = { tenantId, tierId: params['tierId'] };
  await ask('POST', 'stripe/subscribe', subscribing);
  for (const hours of [0, 1, 24 * 60]) {
    const jobs = jobHandlers({ ...test.deps, clock: fixedClock(new Date(Date.now() + hours * HOUR)) });
    for (const job of [
      jobs.sweep,
      jobs.reconcile,
      jobs.reconcileFiles,
      jobs.expire,
      jobs.ranks,
      jobs.referralActivity,
      jobs.purge,
    ])
      await job({});
  }
  await eraseUserFiles({ ...test.deps, deps: test.deps }, { userId: owner.userId });
  await test.runJobs();
}
