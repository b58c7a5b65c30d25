import { randomInt } from 'node:crypto';
import type { MessageTarget } from '#db/queries/webhook-dispatch.ts';
import type { DeliveryOutcome } from '#db/queries/webhook-queue.ts';
import type { Deps } from '../context.ts';
import { type Answer, decideNext } from './rules.ts';

/** A delivery that was taken, to be sent by this process until the lease ends; `body` null: its event is purged. */
export type Message = {
  target: MessageTarget;
  id: string;
  eventId: string;
  attempts: number;
  redeliveryOf: string | null;
  body: string | null;
  until: Date;
};
type OpenSealed = (input: { sealed: string; owner: string }) => string;
export type Sending = { deps: Deps; openSealed: OpenSealed; signal: AbortSignal };
export type Sent = { message: Message; outcome: DeliveryOutcome; answer: Answer };

const MILLION = 1_000_000;
const NOTHING: Answer = { statusCode: null, error: null, retryAfter: null };

/** Sends one message and says what becomes of it; nothing is written here. Throws when it is stopped. */
export async function sendDelivery({ deps, openSealed, signal }: Sending, message: Message): Promise<Sent> {
  const { target, id: deliveryId, eventId: id, redeliveryOf, body } = message;
  const at = deps.clock.now();
  const about = { tenantId: target.tenantId, endpointId: target.endpointId, deliveryId };
  if (body === null) {
    const outcome = { ...about, status: 'canceled' as const, nextAttemptAt: null, finishedAt: at, attempt: null };
    return { message, outcome, answer: NOTHING };
  }
  const secrets = secretsOf(openSealed, target, at);
  const answer = await deps.webhooks.send({ url: target.url, id, at, body, secrets, redeliveryOf }, signal);
  const now = deps.clock.now();
  const number = message.attempts + 1;
  const { statusCode, error, response } = answer;
  const { status, nextAttemptAt } = decideNext(answer, { attempts: number, now, chance: randomInt(MILLION) / MILLION });
  const attempt = { number, at, durationMs: now.getTime() - at.getTime(), statusCode, error, response };
  const finishedAt = nextAttemptAt === null ? now : null;
  return { message, outcome: { ...about, status, nextAttemptAt, finishedAt, attempt }, answer };
}

function secretsOf(openSealed: OpenSealed, target: MessageTarget, now: Date): string[] {
  const { endpointId: owner, secret, previousSecret, previousSecretUntil } = target;
  const isKept = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now.getTime();
  return [secret, ...(isKept ? [previousSecret] : [])].map((sealed) => openSealed({ sealed, owner }));
}
