import type { Db } from '#db/client.ts';
import { insertTeamMember } from '#db/queries/team.ts';
import { findUserByEmail, insertUser } from '#db/queries/users.ts';
import type { CreateCouponBody } from '#schemas/coupons.ts';
import type { CreateTierBody } from '#schemas/memberships.ts';
import type { SaveProductBody } from '#schemas/products.ts';
import type { CreateQuestBody } from '#schemas/quests.ts';
import { type Ctx, type Deps, type UserActor, withTx } from '../context.ts';
import { createCoupon } from '../coupons/create-coupon.ts';
import { newId } from '../lib/ids.ts';
import { createTier } from '../memberships/create-tier.ts';
import { saveProduct } from '../products/save-product.ts';
import { createQuest } from '../quests/create-quest.ts';
import { createStore } from '../stores/create-store.ts';
import { createTenant } from '../tenants/create-tenant.ts';

export const DEMO_PASSWORD = 'ttconnect-demo-1';

/** Logins of the demo data, each with what it is for. */
export const DEMO_LOGINS = [
  { email: 'platform@demo.example', name: 'Pat Platform', role: 'platform admin' },
  { email: 'owner@demo.example', name: 'Olive Owner', role: 'owner of Acme Coffee' },
  { email: 'staff@demo.example', name: 'Sam Staff', role: 'staff of Acme Coffee' },
  { email: 'customer@demo.example', name: 'Cleo Customer', role: 'customer' },
] as const;

const month = { currency: 'GBP', interval: 'month' } as const;
const DEMO_TIERS: readonly CreateTierBody[] = [
  { name: 'Regular', code: 'regular', rank: 0, benefits: ['A stamp for each cup'] },
  { name: 'Silver', code: 'silver', rank: 10, price: { amount: 500, ...month }, benefits: ['5 % off'] },
  { name: 'Gold', code: 'gold', rank: 20, price: { amount: 1200, ...month }, benefits: ['10 % off', 'Tastings'] },
];
const DEMO_PRODUCTS: readonly SaveProductBody[] = [
  {
    externalId: 'demo-beans',
    name: 'Espresso beans, 1 kg',
    price: { amount: 2490, currency: 'GBP' },
    status: 'active',
  },
  {
    externalId: 'demo-grinder',
    name: 'Hand grinder',
    price: { amount: 4900, currency: 'GBP' },
    status: 'active',
    stock: 12,
  },
  {
    externalId: 'demo-leaflet',
    name: 'How to brew',
    price: { amount: 0, currency: 'GBP' },
    status: 'active',
    type: 'digital',
  },
];

const DEMO_COUPONS: readonly CreateCouponBody[] = [
  {
    code: 'WELCOME-10',
    name: 'Ten per cent for a start',
    kind: 'percent',
    percentOff: 10,
    public: true,
    maxPerUser: 1,
  },
  { code: 'FRIENDS-5', name: 'Five pounds for friends', kind: 'amount', amountOff: 500, minSubtotal: 2000 },
];

const DEMO_QUESTS: readonly CreateQuestBody[] = [
  {
    title: 'A cup a day',
    kind: 'daily',
    points: 10,
    streak: {
      bonuses: [{ day: 7, points: 50 }],
      repeatBonuses: true,
      graceDays: 0,
      freezes: { every: 7, price: 100, max: 2 },
    },
  },
  { title: 'Two bags of beans', kind: 'event', event: 'payment.succeeded', target: 2, points: 200 },
  { title: 'Show us your kitchen', kind: 'once', proof: 'any', points: 100 },
];

/** Fills an empty development database, all or nothing; does nothing when the demo data is there. */
export async function seedDemoData(deps: Deps): Promise<void> {
  if (await findUserByEmail(deps.db, DEMO_LOGINS[0].email)) return;
  const passwordHash = await deps.passwords.hash(DEMO_PASSWORD);
  await withTx(deps, (tx) => insertDemoData(deps, { db: tx, passwordHash, now: deps.clock.now() }));
}

async function insertDemoData(deps: Deps, { db, passwordHash, now }: { db: Db; passwordHash: string; now: Date }) {
  const [platform, owner, staff, customer] = DEMO_LOGINS;
  const insert = async ({ email, name }: { email: string; name: string }, platformRole: 'admin' | 'user' = 'user') => {
    const id = newId();
    const user = { id, email, name, passwordHash, platformRole, emailVerifiedAt: now, createdAt: now, updatedAt: now };
    await insertUser(db, user);
    return id;
  };
  await insert(platform, 'admin');
  await insert(customer);
  const ctx = demoCtx(deps, { db, userId: await insert(owner) });
  const { id: tenantId } = await createTenant(ctx, {
    name: 'Acme Coffee',
    subdomain: 'acme',
    currency: 'GBP',
    timezone: 'Europe/London',
    locale: 'en-GB',
    description: 'Roasted in Leith.',
    theme: { primaryColor: '#6f4e37' },
  });
  await insertTeamMember(db, { tenantId, userId: await insert(staff), role: 'staff', joinedAt: now });
  await createStore(ctx, { tenantId, body: { name: 'Leith Walk', country: 'GB' } });
  await createStore(ctx, { tenantId, body: { name: 'Princes Street', country: 'GB' } });
  for (const body of DEMO_TIERS) await createTier(ctx, { tenantId, body });
  for (const body of DEMO_PRODUCTS) await saveProduct(ctx, { tenantId, body });
  for (const body of DEMO_COUPONS) await createCoupon(ctx, { tenantId, body });
  for (const body of DEMO_QUESTS) await createQuest(ctx, { tenantId, body });
}

export function demoCtx(deps: Deps, { db, userId }: { db: Db; userId: string }): Ctx<UserActor> {
  const actor: UserActor = {
    type: 'user',
    userId,
    sessionId: userId,
    platformRole: 'user',
    tenantRole: 'owner',
    tokenExpiresAt: deps.clock.now(),
  };
  const { clock } = deps;
  return {
    deps,
    db,
    actor,
    tenantId: null,
    clock,
    baseUrl: deps.config.PUBLIC_URL ?? '',
    onceKey: null,
    requestId: 'demo-data',
    ipAddress: '127.0.0.1',
    userAgent: null,
    isKeyLimited: async () => false,
    takeGuess: async () => {},
    signAccessToken: () => '',
  };
}
