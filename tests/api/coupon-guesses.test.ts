import { expect, it } from 'vitest';
import { brandWithMember, makeCoupon, newMember } from '../support/coupons.ts';
import { expectRefusal } from '../support/refusals.ts';
import { startTestApp } from '../support/test-app.ts';

const test = await startTestApp({ RATE_LIMITS: 'on' });
const brand = await brandWithMember(test);
const { tenantId, owner } = brand;

it('of codes end after a few, also for the right one; others are not held up', async () => {
  const { code } = await makeCoupon(test, brand, { code: 'RIGHT-1' });
  const body = { name: 'Beans', price: { amount: 1500, currency: 'EUR' }, status: 'active' };
  const headers = { 'x-tenant-id': tenantId };
  const sold = await test.call('POST', 'tenants/brand/products', { token: owner.token, body, headers });
  const items = [{ productId: sold.body.data.id, quantity: 1 }];
  const [guesser, other] = [await newMember(test, tenantId), await newMember(test, tenantId)];
  const pay = (token: string, couponCode: string) =>
    test.call('POST', 'payments/create', { token, body: { tenantId, items, couponCode } });
  for (let n = 0; n < 20; n += 1) expectRefusal(await pay(guesser.token, `WRONG-${n}`), 409, 'COUPON_NOT_ELIGIBLE');
  for (const typed of ['WRONG-99', code]) expectRefusal(await pay(guesser.token, typed), 429, 'RATE_LIMITED');
  const paid = await pay(other.token, code);
  expect(paid.status, paid.text).toBe(201);
});
