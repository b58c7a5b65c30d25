import { saveOutcomes } from '#db/queries/webhook-outcomes.ts';
import type { Deps } from '../context.ts';
import { giveUpEndpoint } from './give-up-endpoint.ts';
import { decideDisabling, isSuccess } from './rules.ts';
import type { Batch, Sent } from './send-delivery.ts';

/** Writes what was sent, in one statement for all, and gives up the endpoints that have failed for too long. */
export async function saveSent(deps: Deps, sent: readonly Sent[]): Promise<void> {
  const noted = new Map<Batch, number>();
  for (const {
    message: { batch },
  } of sent)
    if (batch) noted.set(batch, (noted.get(batch) ?? 0) + 1);
  const ended = [...noted].flatMap(([{ left, ...batch }, count]) => (left === count ? [batch] : []));
  await saveOutcomes(deps.db, { outcomes: sent.map(({ outcome }) => outcome), ended });
  for (const [batch, count] of noted) batch.left -= count;
  const now = deps.clock.now();
  const lost = sent.flatMap(({ message: { target }, answer }) => {
    if (answer === null || isSuccess(answer)) return [];
    const failingSince = target.failingSince === null ? null : new Date(target.failingSince);
    const isLost = decideDisabling(answer, { failingSince, now }) !== null;
    const { tenantId, endpointId, url } = target;
    return isLost ? [{ tenantId, endpointId, url, statusCode: answer.statusCode }] : [];
  });
  const byEndpoint = new Map(lost.map((one) => [one.endpointId, one]));
  for (const one of byEndpoint.values()) await giveUpEndpoint(deps, { ...one, now });
}
