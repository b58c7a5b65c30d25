import { type Outcomes, saveOutcomes } from '#db/queries/webhook-outcomes.ts';
import type { Deps } from '../context.ts';
import { isUniqueViolation } from '../lib/database-errors.ts';
import { giveUpEndpoint } from './give-up-endpoint.ts';
import { decideDisabling, isSuccess } from './rules.ts';
import type { Batch, Sent } from './send-delivery.ts';

/** Writes what was sent, all that was taken as it was made in one statement, and gives up the endpoints that have failed for too long. */
export async function saveSent(deps: Deps, sent: readonly Sent[]): Promise<void> {
  const noted = new Map<Batch, number>();
  for (const {
    message: { batch },
  } of sent)
    if (batch) noted.set(batch, (noted.get(batch) ?? 0) + 1);
  const ended = [...noted].flatMap(([{ left, ...batch }, count]) => (left === count ? [batch] : []));
  const outcomesOf = (ones: readonly Sent[] = []) => ones.map(({ outcome }) => outcome);
  const { made, rows } = Object.groupBy(sent, ({ message }) => (message.batch ? 'made' : 'rows'));
  if (rows) await saveOutcomes(deps.db, { outcomes: outcomesOf(rows), ended: [] });
  if (made) await saveMade(deps, { outcomes: outcomesOf(made), ended });
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
  for (const one of byEndpoint.values()) {
    // What is noted is noted. Its next failure gives it up, and the others need not wait for that.
    await giveUpEndpoint(deps, { ...one, now }).catch((err) => {
      deps.log.error({ err, endpointId: one.endpointId }, 'webhooks: an endpoint could not be given up');
    });
  }
}

/** They are not rows yet, unless they were sent for so long that others took them over. */
async function saveMade({ db }: Deps, made: Outcomes): Promise<void> {
  try {
    await saveOutcomes(db, { ...made, areNew: true });
  } catch (error) {
    if (!isUniqueViolation(error, 'webhook_deliveries_tenant_id_endpoint_id_id_pk')) throw error;
    await saveOutcomes(db, made);
  }
}
