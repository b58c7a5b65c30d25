import { saveOutcomes } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { giveUpEndpoint } from './give-up-endpoint.ts';
import { decideDisabling, isSuccess } from './rules.ts';
import type { Sent } from './send-delivery.ts';

/** Writes what was sent, in one statement for all, and gives up the endpoints that have failed for too long. */
export async function saveSent(deps: Deps, sent: readonly Sent[]): Promise<void> {
  await saveOutcomes(
    deps.db,
    sent.map(({ outcome }) => outcome),
  );
  const now = deps.clock.now();
  const lost = sent.flatMap(({ message: { target }, outcome, answer }) => {
    if (outcome.attempt === null || isSuccess(answer)) return [];
    const failingSince = target.failingSince === null ? null : new Date(target.failingSince);
    const isLost = decideDisabling(answer, { failingSince, now }) !== null;
    const { tenantId, endpointId, url } = target;
    return isLost ? [{ tenantId, endpointId, url, statusCode: answer.statusCode }] : [];
  });
  const byEndpoint = new Map(lost.map((one) => [one.endpointId, one]));
  for (const one of byEndpoint.values()) await giveUpEndpoint(deps, { ...one, now });
}
