import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { insertWallet } from '#db/queries/wallets.ts';
import { saveOutcomes } from '#db/queries/webhook-outcomes.ts';
import { keyPath, textPart, upload } from './files.ts';
import { buyOnceForPoints } from './live-points.ts';
import { playQuest } from './live-quests.ts';
import { playReferral } from './live-referrals.ts';
import { type Operation, operationsOf, tenantHeader, urlOf } from './operations.ts';
import { type Brand, type Person, uniqueEmail } from './people.ts';
import { buySomething } from './purchases.ts';
import { quickMember, quickPerson } from './quick-people.ts';
import { newAccount } from './siwe.ts';
import type { TestApp } from './test-app.ts';

/** A brand with a bit of everything that has an id: staff, two stores, an open invitation. */
export type StaffedBrand = Brand & { admin: Person; staff: Person; params: Record<string, string> };
/** With a customer, who has bought something. */
export type FullBrand = StaffedBrand & { customer: Person };

export async function createFullBrand(test: TestApp): Promise<FullBrand> {
  const brand = await addPurchases(test, await createStaffedBrand(test));
  return {
    ...brand,
    params: { ...brand.params, ...(await playQuest(test, brand)), ...(await playReferral(test, brand)) },
  };
}

export async function addPurchases(test: TestApp, brand: StaffedBrand): Promise<FullBrand> {
  const { tenantId, owner, params } = brand;
  const tiers = await test.call('GET', `memberships/tenant/${tenantId}/tiers`, { token: owner.token });
  const tierId = tiers.body.data.find(({ code }: { code: string }) => code === 'monthly').id;
  const bought = await buySomething(test, { tenantId, productId: params['productId'] ?? '', tierId });
  const purchaseId = await buyOnceForPoints(test, brand);
  return { ...brand, customer: bought.customer, params: { ...params, ...bought.params, purchaseId } };
}

/** The same without what was bought, which costs most. */
export async function createStaffedBrand(test: TestApp): Promise<StaffedBrand> {
  const owner = await quickPerson(test, 'owner');
  const { token } = owner;
  const subdomain = `b${randomUUID().slice(0, 18)}`;
  const created = await test.call('POST', 'tenants', { token, body: { name: 'Full brand', subdomain } });
  expect(created.status, created.text).toBe(201);
  const brand = { tenantId: created.body.data.id, subdomain, owner };
  const admin = await quickMember(test, brand.tenantId, 'admin');
  const staff = await quickMember(test, brand.tenantId, 'staff');
  for (const name of ['First', 'Second']) {
    const made = await test.call('POST', `stores/tenant/${brand.tenantId}`, { token, body: { name } });
    expect(made.status, made.text).toBe(201);
  }
  const key = await sendDocument(test, { tenantId: brand.tenantId, token });
  const productId = await sellTwo(test, { tenantId: brand.tenantId, token });
  await addTiers(test, { tenantId: brand.tenantId, token });
  const body = { email: uniqueEmail('invited'), role: 'staff' };
  const invited = await test.call('POST', `tenants/${brand.tenantId}/team`, { token, body });
  expect(invited.status, invited.text).toBe(201);
  const params = await findParams(test, { tenantId: brand.tenantId, token });
  const claimId = await claimOne(test, { tenantId: brand.tenantId, token: staff.token, couponId: params['couponId'] });
  const deliveryId = await queueDelivery(test, { tenantId: brand.tenantId, token, endpointId: params['endpointId'] });
  const address = await linkWallet(test, owner.userId);
  const codeId = await importCode(test, { tenantId: brand.tenantId, token, couponId: params['couponId'] });
  const made = { productId, claimId, codeId, deliveryId, address, key };
  return { ...brand, admin, staff, params: { ...params, ...made } };
}

/** A file of the brand: its key as a path has it. */
export async function sendDocument(
  test: TestApp,
  { tenantId, token }: { tenantId: string; token: string },
): Promise<string> {
  const sent = await upload(test, { token }, { fields: { tenantId, purpose: 'document' }, file: textPart() });
  expect(sent.status, sent.text).toBe(201);
  return keyPath(sent.body.data.file.key);
}

/** Two products on sale; the id of the second. */
async function sellTwo(test: TestApp, { tenantId, token }: { tenantId: string; token: string }): Promise<string> {
  let id = '';
  for (const name of ['Beans', 'Filters']) {
    const body = { name, price: { amount: 990, currency: 'EUR' }, status: 'active' };
    const call = { token, body, headers: { 'x-tenant-id': tenantId } };
    const saved = await test.call('POST', 'tenants/brand/products', call);
    expect(saved.status, saved.text).toBe(201);
    id = saved.body.data.id;
  }
  return id;
}

/** One for nothing, and two that a subscription can have: the last is the `tierId` of paths. */
async function addTiers(test: TestApp, { tenantId, token }: { tenantId: string; token: string }): Promise<void> {
  const monthly = (amount: number) => ({ amount, currency: 'EUR', interval: 'month' });
  const tiers = [
    { code: 'basic', rank: 0 },
    { code: 'monthly', rank: 20, price: monthly(1000) },
    { code: 'better', rank: 30, price: monthly(2000) },
  ];
  for (const tier of tiers) {
    const body = { name: tier.code, ...tier };
    const made = await test.call('POST', `memberships/tenant/${tenantId}/tiers`, { token, body });
    expect(made.status, made.text).toBe(201);
  }
}

type Claiming = { tenantId: string; token: string; couponId: string | undefined };

/** What a member of the team has claimed, so that the owner still may. */
async function claimOne(test: TestApp, { tenantId, token, couponId }: Claiming): Promise<string> {
  const claimed = await test.call('POST', `coupons/${tenantId}/${couponId}/claim`, { token, body: {} });
  expect(claimed.status, claimed.text).toBe(201);
  return claimed.body.data.claim.id;
}

type Queue = { tenantId: string; token: string; endpointId: string | undefined };

/** A message that was not delivered. */
async function queueDelivery(test: TestApp, { tenantId, token, endpointId }: Queue): Promise<string> {
  const headers = { 'x-tenant-id': tenantId };
  const sent = await test.call('POST', `webhooks/endpoints/${endpointId}/test`, { token, headers });
  expect(sent.status, sent.text).toBe(201);
  const failed = { status: 'failed' as const, nextAttemptAt: null, finishedAt: new Date() };
  const delivery = { ...sent.body.data, tenantId, position: 0 };
  await saveOutcomes(test.deps.db, { outcomes: [{ delivery, ...failed, attempt: null }], ended: [] });
  return delivery.id;
}

type Codes = { tenantId: string; token: string; couponId: string | undefined };

/** A code for one person: those of a pattern are made later. */
async function importCode(test: TestApp, { tenantId, token, couponId }: Codes): Promise<string> {
  const codes = `coupons/${tenantId}/${couponId}/codes`;
  const imported = await test.call('POST', `${codes}/import`, { token, body: { codes: ['PARTNER-4M7Q9XZW'] } });
  expect(imported.status, imported.text).toBe(201);
  const listed = await test.call('GET', codes, { token });
  return listed.body.data[0].id;
}

async function linkWallet(test: TestApp, userId: string): Promise<string> {
  const { address } = newAccount();
  await insertWallet(test.deps.db, { address, userId, linkedAt: new Date() });
  return address;
}

/**
 * An existing id for each parameter of a path, found by itself: the newest item of the list that the path continues, which
 * is made from the example of the POST there when the list is empty. What cannot be found so is left out.
 */
export async function findParams(
  test: TestApp,
  { tenantId, token }: { tenantId: string; token: string },
): Promise<Record<string, string>> {
  const operations = operationsOf(test.app);
  const params: Record<string, string> = { tenantId };
  const paths = [...new Set(operations.map(({ path }) => path))].sort((a, b) => a.length - b.length);
  for (const path of paths) {
    for (const { index, 1: name = '' } of path.matchAll(/\/\{(\w+)\}/g)) {
      if (name in params) continue;
      const collection = operations.filter((one) => one.path === path.slice(0, index));
      const id = await newestId(test, { collection, params, name, token });
      if (id) params[name] = id;
    }
  }
  return params;
}

type Search = { collection: Operation[]; params: Record<string, string>; name: string; token: string };

async function newestId(test: TestApp, { collection, params, name, token }: Search): Promise<string | undefined> {
  const list = collection.find(({ method }) => method === 'GET');
  if (!list) return undefined;
  const url = urlOf(list, params);
  const headers = tenantHeader(list, params['tenantId']);
  let items = (await test.call('GET', url, { token, headers })).body?.data;
  const creation = collection.find(({ method }) => method === 'POST');
  if (Array.isArray(items) && items.length === 0 && creation) {
    await test.call('POST', url, { token, headers, body: creation.example });
    items = (await test.call('GET', url, { token, headers })).body?.data;
  }
  const newest = Array.isArray(items) ? items.at(-1) : undefined;
  return newest?.[name] ?? newest?.id;
}
