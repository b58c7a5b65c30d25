import { randomInt } from 'node:crypto';
import type { DeliveryOutcome, TakenDelivery } from '#db/queries/webhook-queue.ts';
import { TEST_EVENT } from '#schemas/webhooks.ts';
import type { Deps } from '../context.ts';
import { presentEvent } from '../events/present-event.ts';
import { instantOfId } from '../lib/ids.ts';
import { type Answer, decideNext } from './rules.ts';

type OpenSealed = (input: { sealed: string; owner: string }) => string;
export type Sending = { deps: Deps; openSealed: OpenSealed; signal: AbortSignal };
export type Sent = { taken: TakenDelivery; outcome: DeliveryOutcome; answer: Answer };

const MILLION = 1_000_000;

/** Sends one message and says what becomes of it; nothing is written here. Throws when it is stopped. */
export async function sendDelivery({ deps, openSealed, signal }: Sending, taken: TakenDelivery): Promise<Sent> {
  const { tenantId, endpointId, id: deliveryId, eventId } = taken;
  const body = bodyOf(taken);
  const startedAt = deps.clock.now();
  const about = { tenantId, endpointId, deliveryId };
  if (body === null) {
    const outcome = {
      ...about,
      status: 'canceled' as const,
      nextAttemptAt: null,
      finishedAt: startedAt,
      attempt: null,
    };
    return { taken, outcome, answer: NOTHING };
  }
  const message = {
    url: taken.url,
    id: eventId,
    redeliveryOf: taken.redeliveryOf,
    at: startedAt,
    body,
    secrets: secretsOf(openSealed, taken, startedAt),
  };
  const answer = await deps.webhooks.send(message, signal);
  const now = deps.clock.now();
  const number = taken.attempts + 1;
  const { statusCode, error, response } = answer;
  const { status, nextAttemptAt } = decideNext(answer, { attempts: number, now, chance: randomInt(MILLION) / MILLION });
  const attempt = {
    number,
    at: startedAt,
    durationMs: now.getTime() - startedAt.getTime(),
    statusCode,
    error,
    response,
  };
  const finishedAt = nextAttemptAt === null ? now : null;
  return { taken, outcome: { ...about, status, nextAttemptAt, finishedAt, attempt }, answer };
}

const NOTHING: Answer = { statusCode: null, error: null, retryAfter: null };

/** The same bytes at every attempt, and when it is replayed; null when the event is purged. */
function bodyOf({ tenantId, eventId, eventType, endpointId, event }: TakenDelivery): string | null {
  if (event !== null) {
    const { type, at, sequence, data } = event;
    return JSON.stringify(presentEvent({ id: eventId, type, tenantId, sequence, data, createdAt: new Date(at) }));
  }
  if (eventType !== TEST_EVENT) return null;
  const timestamp = instantOfId(eventId);
  return JSON.stringify({ id: eventId, type: TEST_EVENT, timestamp, tenantId, sequence: 1, data: { endpointId } });
}

function secretsOf(openSealed: OpenSealed, taken: TakenDelivery, now: Date): string[] {
  const { endpointId: owner, secret, previousSecret, previousSecretUntil } = taken;
  const isKept = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now.getTime();
  return [secret, ...(isKept ? [previousSecret] : [])].map((sealed) => openSealed({ sealed, owner }));
}
