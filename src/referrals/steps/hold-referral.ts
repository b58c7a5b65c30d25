import type { Db } from '#db/client.ts';
import { findReferral, findReferralOf, holdReferrer, type ReferralRow } from '#db/queries/referrals.ts';

type Asking = { tenantId: string; userId: string; now: Date };

/** Who brought a person, held with the referrer: a review that decides meanwhile is waited for. */
export async function holdReferral(tx: Db, { tenantId, userId, now }: Asking): Promise<ReferralRow | undefined> {
  const seen = await findReferralOf(tx, { tenantId, userId });
  if (!seen) return undefined;
  await holdReferrer(tx, { tenantId, userId: seen.referrerId, now });
  return findReferral(tx, { tenantId, referralId: seen.id });
}
