import { createHmac } from 'node:crypto';
import postgres from 'postgres';
import { rawRequest } from './load.ts';

export const WEBHOOK_SECRET = 'whsec_bench0123456789';

export type OpenPayment = { tenantId: string; paymentId: string; userId: string; productId: string; intentId: string };

/** Open payments for one product each, told apart by the name of their set. */
export async function fillPayments(
  databaseUrl: string,
  { set, count }: { set: string; count: number },
): Promise<OpenPayment[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await sql<OpenPayment[]>`
      insert into payments (tenant_id, id, tracking_id, user_id, kind, status, method, provider, subtotal, discount, amount,
        currency, items, metadata, intent_id, check_at, created_at, updated_at, expires_at)
      select p.tenant_id, uuidv7(), 'trk_' || ${set} || s.n, u.id, 'purchase', 'pending', 'card', 'stripe', 990, 0, 990, 'EUR',
        jsonb_build_array(jsonb_build_object('productId', p.id, 'tierId', null, 'name', p.name, 'sku', p.sku, 'quantity', 1,
          'unitAmount', 990, 'amount', 990)),
        '{}', 'pi_' || ${set} || s.n, now() + interval '1 h', now(), now(), now() + interval '1 h'
      from generate_series(1, ${count}::int) s(n)
      join (select *, row_number() over (order by id) as n from products limit 1000) p on p.n = s.n % 1000 + 1
      join (select id, row_number() over (order by id) as n from users limit 100) u on u.n = s.n % 100 + 1
      returning tenant_id as "tenantId", id as "paymentId", user_id as "userId", items->0->>'productId' as "productId",
        intent_id as "intentId"`;
  } finally {
    await sql.end();
  }
}

/** payment_intent.succeeded, in the size that Stripe sends. */
export function eventOf({ tenantId, paymentId, intentId }: OpenPayment) {
  const created = Math.floor(Date.now() / 1000);
  const object = {
    id: intentId,
    object: 'payment_intent',
    amount: 990,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 990,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${intentId}_secret_0000000000000000000000000`,
    confirmation_method: 'automatic',
    created,
    currency: 'eur',
    customer: 'cus_00000000000000',
    description: '1 × Espresso beans',
    last_payment_error: null,
    latest_charge: 'ch_0000000000000000000000',
    livemode: false,
    metadata: { tenantId, paymentId },
    next_action: null,
    payment_method: 'pm_0000000000000000000000',
    payment_method_options: { card: { installments: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: ['card', 'link'],
    processing: null,
    receipt_email: null,
    setup_future_usage: null,
    shipping: null,
    statement_descriptor: null,
    status: 'succeeded',
    transfer_data: null,
    transfer_group: null,
  };
  return {
    id: `evt_${intentId}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: 'payment_intent.succeeded',
  };
}

export function signedRequest(payment: OpenPayment): Buffer {
  const body = JSON.stringify(eventOf(payment), null, 2);
  const stamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(`${stamp}.${body}`).digest('hex');
  return rawRequest('/api/v1/stripe/webhook', body, { 'Stripe-Signature': `t=${stamp},v1=${signature}` });
}
