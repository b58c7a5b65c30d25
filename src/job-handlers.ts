import type { Handlers } from '#db/jobs.ts';
import { purgeExpired } from './auth/purge-expired.ts';
import type { Deps } from './context.ts';
import { expireClaims } from './coupons/expire-claims.ts';
import { makeCodes } from './coupons/make-codes.ts';
import { pauseAbnormal } from './coupons/pause-abnormal.ts';
import { resumeBatches } from './coupons/resume-batches.ts';
import { checkPromotions, syncPromotions } from './coupons/sync-promotions.ts';
import { countScores } from './leaderboards/count-scores.ts';
import { purgeScores } from './leaderboards/purge-scores.ts';
import { deliverMail } from './mail/deliver-mail.ts';
import { dropTiers } from './memberships/drop-tiers.ts';
import { expireMemberships } from './memberships/expire-memberships.ts';
import { returnTiers } from './memberships/return-tiers.ts';
import { checkPayments } from './payments/check-payments.ts';
import { checkRefunds } from './payments/check-refunds.ts';
import { expirePoints } from './points/expire-points.ts';
import { spreadPolicy } from './points/spread-policy.ts';
import { countActivity } from './referrals/count-activity.ts';
import { grantRewards } from './referrals/grant-rewards.ts';
import { purgeSalts } from './referrals/purge-salts.ts';
import { purgeFiles } from './storage/purge-files.ts';
import { reconcileFiles } from './storage/reconcile-files.ts';
import { checkEvents } from './stripe-events/check-events.ts';
import { reconcileEvents } from './stripe-events/reconcile-events.ts';
import { checkSubscriptions } from './subscriptions/check-subscriptions.ts';
import { endAtProcessor } from './subscriptions/end-at-processor.ts';
import { cancelRest } from './webhooks/cancel-pending.ts';

/** What each queue does: the operations that jobs share with the routes. */
export function jobHandlers(deps: Deps): Handlers {
  return {
    mail: (job) => deliverMail(deps, job),
    purge: async () => {
      await purgeExpired(deps);
      await purgeScores(deps);
      await purgeSalts(deps);
      await purgeFiles(deps);
    },
    expire: async () => {
      await expireMemberships(deps);
      await returnTiers(deps);
      await expireClaims(deps);
      await grantRewards(deps);
      await expirePoints(deps);
      await dropTiers(deps);
      await pauseAbnormal(deps);
    },
    sweep: async () => {
      await checkEvents(deps);
      await checkPayments(deps);
      await checkRefunds(deps);
      await checkSubscriptions(deps);
      await resumeBatches(deps);
      await checkPromotions(deps);
    },
    reconcile: async () => void (await reconcileEvents(deps)),
    reconcileFiles: async () => {
      await reconcileFiles(deps);
    },
    endSubscription: (job) => endAtProcessor(deps, job),
    cancelDeliveries: (job) => cancelRest(deps, job),
    syncCoupon: (job) => syncPromotions(deps, job),
    codes: (job) => makeCodes(deps, job),
    pointsPolicy: (job) => spreadPolicy(deps, job),
    ranks: async () => void (await countScores(deps)),
    referralActivity: async () => void (await countActivity(deps)),
  };
}
