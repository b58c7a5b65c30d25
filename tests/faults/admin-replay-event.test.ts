import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { insertStripeEvent } from '#db/queries/stripe-events.ts';
import { newId } from '#src/lib/ids.ts';
import { confirm, openShop, order } from '../support/payments.ts';
import { serverEnvironment } from '../support/server-process.ts';
import { startTestApp } from '../support/test-app.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const test = await startTestApp();
const env = { PATH: process.env['PATH'], ...serverEnvironment(test.url, { STRIPE_API_URL: test.sandbox.url }) };

function replay(eventId: string): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const command = ['--import', './src/preload.ts', 'src/admin.ts', 'replay-event', eventId];
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout) =>
      resolve({ code: error ? Number(error.code) : 0, stdout }),
    );
  });
}

it('applies an event again that was given up, and once more without effect', async () => {
  const shop = await openShop(test);
  const { payment, card } = (await order(test, shop)).body.data;
  await confirm(test, card.clientSecret);
  const [told] = (await test.sandbox.stripe.events.list({ type: 'payment_intent.succeeded' })).data;
  if (!told) throw new Error('the sandbox has nothing to tell');
  const now = new Date();
  const event = test.deps.cards.eventOf(told as never, null);
  const { id: eventId, account, type, livemode, payload, createdAt } = event;
  const times = { createdAt, receivedAt: now, processedAt: null, retryAt: null };
  const kept = { eventId, id: newId(), account, type, livemode, payload, status: 'failed', attempts: 30 } as const;
  await insertStripeEvent(test.deps.db, { ...kept, ...times });
  for (let time = 0; time < 2; time += 1) {
    const said = 'payment_intent.succeeded is applied: succeeded.\n';
    expect(await replay(eventId)).toEqual({ code: 0, stdout: said });
    const read = await test.call('GET', `payments/${payment.id}`, { token: shop.buyer.token });
    expect(read.body.data.status).toBe('succeeded');
  }
  const owned = await test.call('GET', `tenants/${shop.tenantId}/user/products`, { token: shop.buyer.token });
  expect(owned.body.data).toHaveLength(1);
  expect((await replay('evt_unknown')).code).toBe(1);
});
