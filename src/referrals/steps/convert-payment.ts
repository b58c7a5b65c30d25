import type { Db } from '#db/client.ts';
import type { PaymentRow } from '#db/queries/payments.ts';
import { recordEffects } from '../../effects/record-effects.ts';
import { holdReferral } from './hold-referral.ts';
import { recordConversion } from './record-conversion.ts';

/** A purchase of somebody who was brought converts by itself, in the transaction of its payment, as one of its effects. */
export async function convertPayment(tx: Db, { payment, now }: { payment: PaymentRow; now: Date }): Promise<void> {
  const { tenantId, userId, id: paymentId, amount, currency } = payment;
  if (amount <= 0) return;
  const referral = await holdReferral(tx, { tenantId, userId, now });
  if (!referral || referral.status === 'rejected') return;
  const money = { amount, currency };
  const conversion = await recordConversion(tx, { referral, event: 'purchase', money, paymentId, now });
  if (!conversion) return;
  const given = [{ targetId: conversion.id, quantity: 1 }];
  const cause = { tenantId, causeType: 'payment' as const, causeId: paymentId };
  await recordEffects(tx, { ...cause, kind: 'conversion', userId, given, now });
}
