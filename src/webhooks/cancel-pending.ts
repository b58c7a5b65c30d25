import type { Db } from '#db/client.ts';
import { cancelWebhookBatches } from '#db/queries/webhook-batches.ts';
import { cancelWebhookDeliveries } from '#db/queries/webhook-deliveries.ts';
import { holdDispatch } from '#db/queries/webhook-dispatch.ts';
import type { Deps } from '../context.ts';

/** Canceled within half a second, while nothing can be dispatched to anybody. */
const AT_ONCE = 10_000;

type Ended = { tenantId: string; endpointId: string };

/**
 * Cancels what is still to be sent to an endpoint that this transaction has ended; of very much, the rest is canceled by a job.
 * A dispatcher that still takes it for active is waited for: what it makes would be left behind.
 */
export async function cancelPending(
  { jobs }: Pick<Deps, 'jobs'>,
  { tx, tenantId, endpointId, now }: Ended & { tx: Db; now: Date },
): Promise<void> {
  await holdDispatch(tx);
  const ended = { tenantId, endpointId, now };
  await cancelWebhookBatches(tx, ended);
  const canceled = await cancelWebhookDeliveries(tx, { ...ended, limit: AT_ONCE });
  if (canceled === AT_ONCE) await jobs.enqueue(tx, 'cancelDeliveries', { tenantId, endpointId });
}

/** Cancels what is left, unless the endpoint is active again. */
export async function cancelRest({ db, clock }: Pick<Deps, 'db' | 'clock'>, ended: Ended): Promise<void> {
  const round = { ...ended, now: clock.now(), limit: AT_ONCE };
  while ((await cancelWebhookDeliveries(db, round)) === AT_ONCE);
}
