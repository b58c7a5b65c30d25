import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findConversionByPayment } from '#db/queries/referral-conversions.ts';
import { shareCard } from '#db/queries/referrals.ts';
import { takeBackEffects } from '../../effects/take-back-effects.ts';
import { reverseConversion } from './reverse-conversion.ts';

type Noticing = { tenantId: string; paymentId: string; jobs: Jobs; now: Date };

/** The card that paid is known only after the payment: if the referrer has paid with it as well, nobody was brought. */
export async function refuseSameCard(tx: Db, { tenantId, paymentId, jobs, now }: Noticing): Promise<void> {
  const conversion = await findConversionByPayment(tx, { tenantId, paymentId });
  if (!conversion) return;
  const { id: conversionId, referrerId, referredId } = conversion;
  if (!(await shareCard(tx, { tenantId, userIds: [referrerId, referredId] }))) return;
  const by = 'SAME_CARD';
  const finding = { rule: 'SAME_CARD' as const, effect: 'refused' as const };
  await reverseConversion(tx, {
    tenantId,
    conversionId,
    by,
    finding,
    takeBackOf: (cause) => takeBackEffects(tx, { ...cause, jobs, by, now }),
    now,
  });
}
