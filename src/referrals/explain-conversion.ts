import { findConversion } from '#db/queries/referral-conversions.ts';
import { listRewardsOfConversions } from '#db/queries/referral-rewards.ts';
import { findReferral } from '#db/queries/referrals.ts';
import type { Explanation } from '#schemas/referral-conversions.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { presentConversion, presentReferral, presentReward } from './present-referral.ts';

/** Why a conversion, or a sign-up, counts or does not: what it was decided upon. */
export async function explainConversion(ctx: Ctx, { conversionId }: { conversionId: string }): Promise<Explanation> {
  const tenantId = ctx.tenantId ?? '';
  const { db } = ctx;
  const conversion = await findConversion(db, { tenantId, conversionId });
  const referral = await findReferral(db, { tenantId, referralId: conversion?.referralId ?? conversionId });
  if (!referral) throw new AppError(NOT_FOUND);
  const conversionIds = conversion ? [conversion.id] : [];
  const rewards = await listRewardsOfConversions(db, { tenantId, conversionIds });
  const { model, windowDays, touches, linkId, referrerId } = referral;
  const isWon = touches.some(({ isWinner }) => isWinner);
  return {
    referral: presentReferral(referral),
    conversion: conversion ? presentConversion(conversion) : null,
    model,
    windowDays,
    touches,
    winner: isWon ? { linkId, referrerId } : null,
    findings: [
      ...referral.findings.map((finding) => ({ of: 'signup' as const, ...finding })),
      ...(conversion?.findings ?? []).map((finding) => ({ of: 'conversion' as const, ...finding })),
    ],
    rewards: rewards.map(presentReward),
  };
}
