import type { Db } from '#db/client.ts';
import { findConversionByExternalId } from '#db/queries/referral-conversions.ts';
import type { NamedLink } from '#db/queries/referral-links.ts';
import type { TrackBody, Tracked } from '#schemas/referrals.ts';
import { type Ctx, withTx } from '../context.ts';
import { AppError, FORBIDDEN, UNAUTHORIZED } from '../lib/errors.ts';
import { rolesIn } from '../payments/steps/roles-in.ts';
import { holdReferral } from './steps/hold-referral.ts';
import { recordConversion } from './steps/record-conversion.ts';

type Input = { named: NamedLink; body: TrackBody; now: Date };

/** A purchase elsewhere, told by the brand: who brought its buyer is known since the sign-up. Each is counted once. */
export async function trackPurchase(ctx: Ctx, { named, body, now }: Input): Promise<Tracked> {
  const { tenantId } = named.link;
  if (ctx.actor.type === 'anonymous') throw new AppError(UNAUTHORIZED);
  if (!(await rolesIn(ctx, tenantId))('staff')) throw new AppError(FORBIDDEN);
  return withTx(ctx, (tx) => convert(tx, { tenantId, body, now }));
}

async function convert(
  tx: Db,
  { tenantId, body, now }: { tenantId: string; body: TrackBody; now: Date },
): Promise<Tracked> {
  const { userId = '', externalId = '', amount = 0, currency = '' } = body;
  const already = { tracked: false, reason: 'ALREADY_TRACKED' };
  const before = await findConversionByExternalId(tx, { tenantId, externalId });
  if (before) return { ...already, eventId: before.id };
  const referral = await holdReferral(tx, { tenantId, userId, now });
  if (!referral) return { tracked: false, reason: 'NOT_ATTRIBUTED', eventId: null };
  if (referral.status === 'rejected') return { tracked: false, reason: 'REJECTED', eventId: referral.id };
  const money = { amount, currency };
  const made = await recordConversion(tx, { referral, event: 'purchase', money, externalId, now });
  if (!made)
    return { ...already, eventId: (await findConversionByExternalId(tx, { tenantId, externalId }))?.id ?? null };
  const { id: eventId, status, findings } = made;
  if (status === 'refused') return { tracked: false, reason: findings[0]?.rule ?? null, eventId };
  return { tracked: true, reason: status === 'review' ? 'IN_REVIEW' : (findings[0]?.rule ?? null), eventId };
}
