import { listBought, listFirstBought } from '#db/queries/coupon-reports.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { Backtest } from '#schemas/coupon-reports.ts';
import type { CreateCouponBody } from '#schemas/coupons.ts';
import type { Ctx } from '../context.ts';
import { addSeconds } from '../lib/time.ts';
import { isMember } from '../memberships/rules.ts';
import { resultOf, simulatePayment, startSimulation } from './backtest-rules.ts';
import { newCoupon } from './steps/new-coupon.ts';
import { requireTerms } from './steps/require-terms.ts';

type Input = { tenantId: string; body: CreateCouponBody };

const DAYS = 30;
const AT_ONCE = 500;
const MAX_PAYMENTS = 200_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** What a coupon would have cost in the last 30 days. It is not made, and nothing is written. */
export async function backtestCoupon(ctx: Ctx, { tenantId, body }: Input): Promise<Backtest> {
  const { db } = ctx;
  const now = ctx.clock.now();
  const from = addSeconds(now, -DAYS * 86_400);
  const draft = await newCoupon(db, { tenantId, body, now });
  await requireTerms(db, draft);
  const tenant = await findTenant(db, tenantId);
  const simulation = startSimulation(draft, tenant?.timezone ?? 'UTC');
  const first = new Map<string, string>();
  let [seen, isComplete] = [0, false];
  let place = { at: from, afterId: FIRST };
  while (seen < MAX_PAYMENTS && !isComplete) {
    // A page at a time: other requests have their turn between.
    const rows = await listBought(db, { tenantId, ...place, to: now, rows: AT_ONCE });
    if (draft.firstPurchaseOnly) await learnFirst(ctx, { tenantId, rows, first });
    for (const { membership, ...payment } of rows) {
      const hasBought = draft.firstPurchaseOnly && first.get(payment.userId) !== payment.id;
      const isOne = membership !== null && isMember(membership, now);
      const member = { isMember: isOne, tierId: isOne ? membership.tierId : null, hasBought };
      simulatePayment(simulation, { ...payment, member });
    }
    const last = rows.at(-1);
    if (last) place = { at: last.createdAt, afterId: last.id };
    seen += rows.length;
    isComplete = rows.length < AT_ONCE;
  }
  return { from, to: now, isComplete, ...resultOf(simulation) };
}

type Learning = { tenantId: string; rows: readonly { userId: string }[]; first: Map<string, string> };

/** With what each person began, looked up once. */
async function learnFirst({ db }: Ctx, { tenantId, rows, first }: Learning): Promise<void> {
  const userIds = [...new Set(rows.map(({ userId }) => userId))].filter((userId) => !first.has(userId));
  if (userIds.length === 0) return;
  for (const one of await listFirstBought(db, { tenantId, userIds })) first.set(one.userId, one.paymentId);
}
