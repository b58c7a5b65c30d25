import { randomUUID } from 'node:crypto';
import { updateUser } from '#db/queries/users.ts';
import { signature } from '#src/embedded/stripe-sandbox/webhooks.ts';
import { formOf, pngPart } from './files.ts';
import { LIVE_POINTS } from './live-points.ts';
import { LIVE_QUESTS, playQuest } from './live-quests.ts';
import { LIVE_REFERRALS, playReferral } from './live-referrals.ts';
import { type Operation, urlOf, withIds } from './operations.ts';
import { mailedToken, PASSWORD, type Person, uniqueEmail } from './people.ts';
import { payForProduct } from './purchases.ts';
import { quickPerson } from './quick-people.ts';
import { newAccount, signedBy } from './siwe.ts';
import { WEBHOOK_SECRET } from './stripe-sandbox.ts';
import type { TestApp } from './test-app.ts';
import { addPurchases, createStaffedBrand, type StaffedBrand } from './world.ts';

export type LiveCall = {
  url: string;
  token: string;
  body: any;
  headers: Record<string, string>;
  brand: StaffedBrand;
};

/** Bodies and callers that an example cannot give, because they name something living. */
const LIVE: Record<string, (test: TestApp, brand: StaffedBrand) => Promise<Partial<LiveCall>>> = {
  logIn: async (_test, { owner }) => ({ body: { email: owner.email, password: PASSWORD } }),
  changePassword: async () => ({ body: { currentPassword: PASSWORD, newPassword: 'silent-meadow-72' } }),
  resetPassword: async (test, { owner }) => {
    await test.call('POST', 'auth/password/forgot', { body: { email: owner.email } });
    return { body: { token: await mailedToken(test, owner.email), password: 'silent-meadow-72' } };
  },
  verifyEmail: async (test, { owner }) => {
    await test.call('POST', 'auth/email/resend', { token: owner.token });
    return { body: { token: await mailedToken(test, owner.email) } };
  },
  logInWithWallet: async (test) => ({ body: await signedBy(test, newAccount()) }),
  linkWallet: async (test, { owner: { token } }) => ({ body: await signedBy(test, newAccount(), { token }) }),
  ...LIVE_POINTS,
  ...LIVE_QUESTS,
  ...LIVE_REFERRALS,
  joinMembership: async (test) => ({ token: (await quickPerson(test, 'joining')).token }),
  leaveMembership: async (test, { tenantId }) => {
    const { token } = await quickPerson(test, 'leaving');
    await test.call('POST', `tenants/${tenantId}/membership/join`, { token });
    return { token };
  },
  refreshSession: async (_test, { owner }) => ({ body: { refreshToken: owner.refreshToken } }),
  acceptInvitation: async (test, { tenantId, owner }) => {
    const { email, token } = await quickPerson(test, 'invited');
    await test.call('POST', `tenants/${tenantId}/team`, { token: owner.token, body: { email, role: 'staff' } });
    return { token, body: { token: await mailedToken(test, email) } };
  },
  redeemCoupon: async (test, { tenantId, owner: { token }, params }) => {
    const claimed = await test.call('POST', `coupons/${tenantId}/${params['couponId']}/claim`, { token, body: {} });
    return { body: { claimCode: claimed.body.data.claim.code, amount: 4980, currency: 'EUR' } };
  },
  cancelPayment: async (test, brand) => {
    const body = { tenantId: brand.tenantId, items: [{ productId: brand.params['productId'], quantity: 1 }] };
    const begun = await test.call('POST', 'payments/create', { token: brand.owner.token, body });
    return { url: `payments/${begun.body.data.payment.id}/cancel` };
  },
  subscribeToTier: async (test) => ({ token: (await quickPerson(test, 'subscribing')).token }),
  resumeSubscription: async (test, { owner: { token }, params }) => {
    await test.call('POST', `stripe/subscriptions/${params['subscriptionId']}/cancel`, { token, body: {} });
    return {};
  },
  receiveStripeEvent: async (test, { tenantId, owner: { token }, params }) => {
    const { event: body } = await payForProduct(test, { tenantId, productId: params['productId'] ?? '', token });
    const stamp = signature(JSON.stringify(body), { secret: WEBHOOK_SECRET, at: Date.now() });
    return { body, headers: { 'stripe-signature': stamp } };
  },
  uploadFile: async (_, { tenantId }) => formOf({ fields: { tenantId, purpose: 'product' }, file: await pngPart() }),
  grantUpload: async (_, { tenantId }) => ({
    body: { tenantId, purpose: 'product', filename: 'a.png', contentType: 'image/png', size: 100 },
  }),
  confirmUpload: async (test, { tenantId, owner: { token } }) => {
    const { bytes, type: contentType = '' } = await pngPart();
    const body = { tenantId, purpose: 'product', filename: 'a.png', contentType, size: bytes.length };
    const granted = await test.call('POST', 'storage/presigned-url', { token, body });
    const { key, url, headers } = granted.body.data;
    await test.app.inject({ method: 'PUT', url: url.slice(url.indexOf('/files/')), headers, payload: bytes });
    return { body: { key } };
  },
  setStripeAccount: async (test) => ({ token: (await platformAdmin(test)).token }),
  listStripeEvents: async (test) => ({ token: (await platformAdmin(test)).token }),
  replayStripeEvent: async (test) => ({ token: (await platformAdmin(test)).token }),
};

export async function platformAdmin(test: TestApp): Promise<Person> {
  const person = await quickPerson(test, 'platform');
  const change = { platformRole: 'admin' as const };
  await updateUser(test.deps.db, { id: person.userId, change, now: new Date() });
  return person;
}

const BOUGHT = ['paymentId', 'refundId', 'trackingId', 'subscriptionId', 'eventId', 'purchaseId'];
const BROUGHT = ['campaignId', 'linkId', 'referralId', 'conversionId'];
const PLAYED = ['submissionId', 'completionId'];

/** A call of this operation that succeeds: the owner of a new brand, its newest objects, the documented example. */
export async function liveCall(test: TestApp, operation: Operation): Promise<LiveCall> {
  const staffed = await createStaffedBrand(test);
  const isOfBought = operation.params.some((name) => BOUGHT.includes(name));
  const brand = isOfBought ? await addPurchases(test, staffed) : staffed;
  if (operation.params.some((name) => PLAYED.includes(name))) Object.assign(brand.params, await playQuest(test, brand));
  if (operation.params.some((name) => BROUGHT.includes(name)))
    Object.assign(brand.params, await playReferral(test, brand));
  const body = operation.body && withUniqueNames(withIds(operation.example, brand.params));
  const live = await LIVE[operation.id]?.(test, brand);
  return { url: urlOf(operation, brand.params), token: brand.owner.token, body, headers: {}, brand, ...live };
}

/** The example with new values where two objects cannot share one. */
export function withUniqueNames(example: object): object {
  const body: Record<string, unknown> = { ...example };
  if ('email' in body) body['email'] = uniqueEmail('live');
  if ('code' in body) body['code'] = `c${randomUUID().slice(0, 18)}`;
  if ('externalId' in body) body['externalId'] = randomUUID();
  if ('subdomain' in body) body['subdomain'] = `s${randomUUID().slice(0, 18)}`;
  return body;
}
