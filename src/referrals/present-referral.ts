import type { ConversionRow } from '#db/queries/referral-conversions.ts';
import type { CampaignRow, ProgrammeRow } from '#db/queries/referral-programmes.ts';
import type { RewardRow } from '#db/queries/referral-rewards.ts';
import type { ReferralRow } from '#db/queries/referrals.ts';
import type { Referral, ReferralConversion, ReferralReward } from '#schemas/referral-conversions.ts';
import type { Programme, ReferralCampaign } from '#schemas/referrals.ts';

export function presentProgramme({ createdAt: _made, updatedAt: _set, ...programme }: ProgrammeRow): Programme {
  return programme;
}

export function presentCampaign(row: CampaignRow): ReferralCampaign {
  return row;
}

export function presentReferral(row: ReferralRow): Referral {
  const { id, tenantId, linkId, referrerId, referredId, status, findings, source, createdAt } = row;
  const { decidedAt, decidedBy } = row;
  const who = { id, tenantId, linkId, referrerId, referredId };
  return { ...who, status, reasons: findings.map(({ rule }) => rule), source, createdAt, decidedAt, decidedBy };
}

export function presentConversion(row: ConversionRow): ReferralConversion {
  const { id, tenantId, referralId, linkId, referrerId, referredId, event, status, findings } = row;
  const { externalId, paymentId, amount, currency, createdAt, reversedAt, reversedBy } = row;
  const who = { id, tenantId, referralId, linkId, referrerId, referredId };
  const what = { event, status, reasons: findings.map(({ rule }) => rule), externalId, paymentId, amount, currency };
  return { ...who, ...what, createdAt, reversedAt, reversedBy };
}

export function presentReward(row: RewardRow): ReferralReward {
  const { id, tenantId, conversionId, side, milestone, status, gifts, points, dueAt, waitsFor } = row;
  const { grantedAt, reversedAt, createdAt } = row;
  const what = { id, tenantId, conversionId, side, milestone: milestone === 0 ? null : milestone, status };
  return { ...what, rewards: gifts, points, dueAt, waitsFor, grantedAt, reversedAt, createdAt };
}
