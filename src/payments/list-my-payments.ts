import { listPaymentsOfUser } from '#db/queries/payments.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Payment } from '#schemas/payments.ts';
import type { Ctx, UserActor } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentPayment } from './present-payment.ts';

type Input = { limit: number; cursor?: string | undefined; tenantId?: string | undefined };

/** What the caller paid, newest first. */
export async function listMyPayments(ctx: Ctx<UserActor>, { limit, cursor, tenantId }: Input): Promise<Page<Payment>> {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `my-payments|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listPaymentsOfUser(ctx.db, { userId, tenantId, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentPayment });
}
