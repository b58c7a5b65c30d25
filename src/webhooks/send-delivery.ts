import { randomInt } from 'node:crypto';
import type { MessageTarget } from '#db/queries/webhook-dispatch.ts';
import type { DeliveryIdentity, DeliveryOutcome } from '#db/queries/webhook-outcomes.ts';
import type { WebhookAnswer } from '../clients/exchange-webhook.ts';
import type { Deps } from '../context.ts';
import { decideNext, isSuccess } from './rules.ts';

/** What was taken together as it was made: `left` of its deliveries are not noted yet. */
export type Batch = { tenantId: string; endpointId: string; id: string; left: number };
/** A delivery that was taken, to be sent by this process until the lease ends; `body` null: its event is purged. */
export type Message = {
  target: MessageTarget;
  delivery: DeliveryIdentity;
  attempts: number;
  body: Buffer | null;
  until: Date;
  /** null: it is a row already. */
  batch: Batch | null;
};
/** Messages to one endpoint in their order, each made when its turn comes: what waits takes hardly any memory. */
export type Run = { target: MessageTarget; count: number; messages: Iterator<Message, undefined> };
type OpenSealed = (input: { sealed: string; owner: string }) => string;
export type Sending = { deps: Deps; openSealed: OpenSealed; signal: AbortSignal };
/** `answer` null: nothing was sent. */
export type Sent = { message: Message; outcome: DeliveryOutcome; answer: WebhookAnswer | null };

const MILLION = 1_000_000;

/** Sends one message and says what becomes of it; nothing is written here. Rejects when it is stopped. */
export async function sendDelivery({ deps, openSealed, signal }: Sending, message: Message, at: Date): Promise<Sent> {
  const { target, delivery, body } = message;
  if (body === null) {
    const outcome = { delivery, status: 'canceled' as const, nextAttemptAt: null, finishedAt: at, attempt: null };
    return { message, outcome, answer: null };
  }
  const { eventId: id, redeliveryOf } = delivery;
  const secrets = secretsOf(openSealed, target, at);
  const answer = await deps.webhooks.send({ url: target.url, id, at, body, secrets, redeliveryOf }, signal);
  return { message, outcome: outcomeOf(message, answer, { at, now: deps.clock.now() }), answer };
}

function outcomeOf(message: Message, answer: WebhookAnswer, { at, now }: { at: Date; now: Date }): DeliveryOutcome {
  const chance = isSuccess(answer) ? 0 : randomInt(MILLION) / MILLION;
  const { status, nextAttemptAt } = decideNext(answer, { attempts: message.attempts + 1, now, chance });
  const { statusCode, error, response } = answer;
  const durationMs = now.getTime() - at.getTime();
  return {
    delivery: message.delivery,
    status,
    nextAttemptAt,
    finishedAt: nextAttemptAt === null ? now : null,
    attempt: { at: at.toISOString(), statusCode, durationMs, error, response },
  };
}

function secretsOf(openSealed: OpenSealed, target: MessageTarget, now: Date): string[] {
  const { endpointId: owner, secret, previousSecret, previousSecretUntil } = target;
  const newest = openSealed({ sealed: secret, owner });
  const isKept = previousSecret !== null && previousSecretUntil !== null && previousSecretUntil > now.getTime();
  return isKept ? [newest, openSealed({ sealed: previousSecret, owner })] : [newest];
}
