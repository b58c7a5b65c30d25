import type { Db } from '#db/client.ts';
import type { Jobs } from '#db/jobs.ts';
import { findConversionByPayment, listHeldOfCard } from '#db/queries/referral-conversions.ts';
import { shareCard } from '#db/queries/referrals.ts';
import { takeBackEffects } from '../../effects/take-back-effects.ts';
import { reverseConversion } from './reverse-conversion.ts';

type Noticing = { tenantId: string; paymentId: string; userId: string; fingerprint: string; jobs: Jobs; now: Date };

/**
 * The card that paid is known only after the payment: if the referrer has paid with it as well, nobody was brought. So it
 * is with what waits for the end of its hold, whichever of the two comes second.
 */
export async function refuseSameCard(tx: Db, { paymentId, jobs, now, ...card }: Noticing): Promise<void> {
  const { tenantId } = card;
  const by = 'SAME_CARD';
  const finding = { rule: 'SAME_CARD' as const, effect: 'refused' as const };
  for (const conversionId of await listRefused(tx, { paymentId, ...card })) {
    await reverseConversion(tx, {
      tenantId,
      conversionId,
      by,
      finding,
      takeBackOf: (cause) => takeBackEffects(tx, { ...cause, jobs, by, now }),
      now,
    });
  }
}

type Looking = Pick<Noticing, 'tenantId' | 'paymentId' | 'userId' | 'fingerprint'>;

/** First what was paid with it, then what waits. */
async function listRefused(tx: Db, { paymentId, ...card }: Looking): Promise<string[]> {
  const { tenantId, userId: payerId } = card;
  const brought = await listHeldOfCard(tx, card);
  const own = await findConversionByPayment(tx, { tenantId, paymentId });
  const isShared = own && (await shareCard(tx, { tenantId, userIds: [own.referrerId, own.referredId] }));
  if (!isShared) return brought.map(({ id }) => id);
  const waiting = await listHeldOfCard(tx, { ...card, userId: own.referrerId, payerId });
  return [own, ...waiting, ...brought].map(({ id }) => id);
}
