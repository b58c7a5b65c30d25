import type { Db } from '#db/client.ts';
import { shareCard } from '#db/queries/referrals.ts';
import { isPaidFromWalletOf, shareWallet } from '#db/queries/wallets.ts';

type Asking = { tenantId: string; referrerId: string; referredId: string; paymentId: string | null };

/** Whether a referrer and who they brought have one wallet or card, or the referrer's wallet paid. */
export async function findSharedMeans(db: Db, { tenantId, referrerId, referredId, paymentId }: Asking) {
  const isPaidByReferrer =
    paymentId !== null && (await isPaidFromWalletOf(db, { tenantId, paymentId, userId: referrerId }));
  return {
    isSameWallet: isPaidByReferrer || (await shareWallet(db, [referrerId, referredId])),
    isSameCard: await shareCard(db, { tenantId, userIds: [referrerId, referredId] }),
  };
}
