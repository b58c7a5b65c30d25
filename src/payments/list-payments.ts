import { listPaymentsOfTenant } from '#db/queries/payments.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Payment, PaymentsQuery } from '#schemas/payments.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentPayment } from './present-payment.ts';

/** What the brand was paid, for its team, newest first. */
export async function listPayments(
  ctx: Ctx,
  { limit, cursor, ...filter }: PaymentsQuery & { tenantId: string },
): Promise<Page<Payment>> {
  const key = ctx.deps.cursorKey;
  const list = `payments|${filter.tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listPaymentsOfTenant(ctx.db, { ...filter, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentPayment });
}
