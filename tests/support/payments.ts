import { expect, vi } from 'vitest';
import { createBrand } from './people.ts';
import { quickPerson } from './quick-people.ts';
import type { Answer, TestApp } from './test-app.ts';

/** From now on the sandbox really delivers its signed webhooks to the application, over HTTP. */
export async function connectWebhooks({ app, sandbox }: TestApp): Promise<void> {
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  sandbox.setWebhookUrl(`${address}/api/v1/stripe/webhook`);
}

/** Waits until everything that the sandbox has to tell is told. */
export async function told({ sandbox }: TestApp): Promise<void> {
  await vi.waitFor(() => expect(sandbox.control.isIdle()).toBe(true), { timeout: 10_000, interval: 10 });
}

export const CARDS = {
  visa: 'pm_card_visa',
  declined: 'pm_card_chargeDeclined',
  authentication: 'pm_card_authenticationRequired',
} as const;

/** What a browser does with a client secret: confirms with a card. */
export async function confirm({ sandbox }: TestApp, clientSecret: string, card: string = CARDS.visa) {
  const intentId = clientSecret.split('_secret_')[0];
  return sandbox.browser(`/v1/payment_intents/${intentId}/confirm`, {
    client_secret: clientSecret,
    payment_method: card,
    return_url: 'http://shop.example/done',
  });
}

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** A brand with one product, its owner, and a buyer. */
export async function openShop(test: TestApp, product: object = {}) {
  const { tenantId, owner } = await createBrand(test);
  const sell = async (fields: object = {}) => {
    const body = { name: 'Beans', price: { amount: 1500, currency: 'EUR' }, status: 'active', ...fields };
    const saved = await test.call('POST', 'tenants/brand/products', {
      token: owner.token,
      body,
      headers: { 'x-tenant-id': tenantId },
    });
    expect(saved.status, saved.text).toBe(201);
    return saved.body.data as { id: string; version: number };
  };
  const { id: productId } = await sell(product);
  const buyer = await quickPerson(test, 'buyer');
  return { tenantId, owner, buyer, productId, sell };
}

type Order = { token?: string; productId?: string; quantity?: number; key?: string; items?: object[]; body?: object };

/** The buyer begins a payment. */
export function order(test: TestApp, shop: Shop, { token, productId, quantity = 1, key, items, body }: Order = {}) {
  const { tenantId, buyer } = shop;
  return test.call('POST', 'payments/create', {
    token: token ?? buyer.token,
    body: { tenantId, items: items ?? [{ productId: productId ?? shop.productId, quantity }], ...body },
    ...(key && { headers: { 'idempotency-key': key } }),
  });
}

/** A payment that the buyer has made and that has succeeded here, too. */
export async function buy(test: TestApp, shop: Shop, input: Order = {}) {
  const created = await order(test, shop, input);
  expect(created.status, created.text).toBe(201);
  const { payment, card } = created.body.data;
  if (card) await confirm(test, card.clientSecret);
  await told(test);
  const paid = await test.call('GET', `payments/${payment.id}`, { token: input.token ?? shop.buyer.token });
  expect(paid.body.data.status, paid.text).toBe('succeeded');
  return paid.body.data;
}

export function statusOf(answer: Answer): string {
  return answer.body.data.status;
}
