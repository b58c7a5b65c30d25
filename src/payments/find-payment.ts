import { findPaymentById, type PaymentRow } from '#db/queries/payments.ts';
import type { TenantRole } from '#schemas/team.ts';
import type { Ctx } from '../context.ts';
import { AppError, FORBIDDEN, NOT_FOUND } from '../lib/errors.ts';
import { rolesIn } from './steps/roles-in.ts';

export type FoundPayment = { payment: PaymentRow; isBuyer: boolean; can: (role: TenantRole) => boolean };

/** A payment for its buyer or the brand's team; for everybody else there is none. */
export async function findPaymentFor(ctx: Pick<Ctx, 'db' | 'actor'>, paymentId: string): Promise<FoundPayment> {
  const payment = await findPaymentById(ctx.db, paymentId);
  if (!payment) throw new AppError(NOT_FOUND);
  const isBuyer = ctx.actor.type === 'user' && ctx.actor.userId === payment.userId;
  const can = await rolesIn(ctx, payment.tenantId);
  if (!isBuyer && !can('staff')) throw new AppError(NOT_FOUND);
  return { payment, isBuyer, can };
}

/** Staff see a payment; only admins move its money. */
export function requireAdmin({ can }: Pick<FoundPayment, 'can'>): void {
  if (!can('admin')) throw new AppError(FORBIDDEN);
}
