import type { DisputeRow, RefundRow } from '#db/queries/refunds.ts';
import type { Dispute, Refund } from '#schemas/refunds.ts';

export function presentRefund(row: RefundRow): Refund {
  const { id, paymentId, tenantId, amount, currency, status, reason, failureReason, createdAt, updatedAt } = row;
  return { id, paymentId, tenantId, amount, currency, status, reason, failureReason, createdAt, updatedAt };
}

export function presentDispute(row: DisputeRow): Dispute {
  const { id, paymentId, amount, currency, reason, status, createdAt, updatedAt } = row;
  return { id, paymentId, amount, currency, reason, status, createdAt, updatedAt };
}
