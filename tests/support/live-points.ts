import type { LiveCall } from './live-calls.ts';
import { buyForPoints, newHolder, sellForPoints } from './points.ts';
import type { TestApp } from './test-app.ts';
import type { StaffedBrand } from './world.ts';

const adjusted = async (test: TestApp, { tenantId, owner }: StaffedBrand, { userId }: { userId: string }) => {
  const body = { userId, amount: 1_000, note: 'To spend' };
  await test.call('POST', `tenants/${tenantId}/points`, { token: owner.token, body });
};

/** Calls of the operations of points that succeed, where the example alone does not. */
export const LIVE_POINTS: Record<string, (test: TestApp, brand: StaffedBrand) => Promise<Partial<LiveCall>>> = {
  getPoints: async (test, brand) => ({ token: (await newHolder(test, brand)).token }),
  updateMyMembership: async (test, brand) => ({ token: (await newHolder(test, brand)).token }),
  adjustPoints: async (test, brand) => ({
    body: { userId: (await newHolder(test, brand)).userId, amount: 50, note: 'Sorry for the late parcel' },
  }),
  buyWithPoints: async (test, brand) => {
    const holder = await newHolder(test, brand);
    await adjusted(test, brand, holder);
    const productId = await sellForPoints(test, brand, { stock: 10 });
    return { token: holder.token, url: `tenants/${brand.tenantId}/products/${productId}/points-purchase` };
  },
};

/** Something that a new member of the brand has bought for points: its id. */
export async function buyOnceForPoints(test: TestApp, brand: StaffedBrand): Promise<string> {
  const holder = await newHolder(test, brand, 'buying');
  await adjusted(test, brand, holder);
  const productId = await sellForPoints(test, brand, { stock: 10 });
  return (await buyForPoints(test, { ...holder, productId })).body.data.purchase.id;
}
