import { findPayment } from '#db/queries/payments.ts';
import { setRefundCheck, takeDueRefunds } from '#db/queries/refunds.ts';
import type { Deps } from '../context.ts';
import { eachOf } from '../lib/each-of.ts';
import { addSeconds } from '../lib/time.ts';
import { nextCheckAt } from './rules.ts';
import { makeRefund } from './steps/make-refund.ts';

const BATCH = 50;
const TAKEN_SECONDS = 60;

/** Makes the refunds that a crash left out, and asks how those stand that are under way. Says how many it looked at. */
export async function checkRefunds(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const due = await takeDueRefunds(deps.db, { now, until: addSeconds(now, TAKEN_SECONDS), limit: BATCH });
  await eachOf(due, async (refund) => {
    const { tenantId, paymentId, id: refundId, createdAt } = refund;
    try {
      const payment = await findPayment(deps.db, { tenantId, paymentId });
      if (payment) await makeRefund(deps, { payment, refund });
      await setRefundCheck(deps.db, { tenantId, refundId, checkAt: nextCheckAt({ createdAt, now }) });
    } catch (err) {
      deps.log.warn({ err, refundId }, 'a refund could not be checked');
    }
  });
  return due.length;
}
