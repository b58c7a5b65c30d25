import type Stripe from 'stripe';
import type { CardPayments } from './card-payments.ts';
import type { Ask } from './stripe-client.ts';
import { toCardEvent } from './stripe-events.ts';

const TOLERANCE_SECONDS = 300;

type Signed = { body: Buffer; signature: string; now: Date };

export function signaturesOf(ask: Ask, secrets: readonly string[]): Pick<CardPayments, 'readEvent'> {
  return {
    readEvent: async ({ body, signature, now }) => {
      if (signature === undefined || !isRecent(signature, now)) return null;
      return ask(async ({ webhooks }) => {
        for (const secret of secrets) {
          const found = verified(webhooks, { body, signature, now, secret });
          if (found !== undefined) return isEvent(found) ? toCardEvent(found) : null;
        }
        return null;
      });
    },
  };
}

/** The SDK takes stamps of the future. It reads the last `t` of the header, so this does. */
function isRecent(signature: string, now: Date): boolean {
  const stamp = signature.split(',').findLast((part) => part.startsWith('t='));
  const seconds = Number.parseInt(stamp?.slice(2) ?? '', 10);
  return Math.abs(seconds - Math.floor(now.getTime() / 1000)) <= TOLERANCE_SECONDS;
}

function verified(
  webhooks: Stripe['webhooks'],
  { body, signature, now, secret }: Signed & { secret: string },
): unknown {
  try {
    return webhooks.constructEvent(body, signature, secret, TOLERANCE_SECONDS, undefined, now.getTime());
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is Stripe.Event {
  if (typeof value !== 'object' || value === null) return false;
  const { object, id, type, created, data } = value as Partial<Record<keyof Stripe.Event, unknown>>;
  const holds = (data as { object?: unknown } | undefined | null)?.object;
  return (
    object === 'event' &&
    typeof id === 'string' &&
    typeof type === 'string' &&
    typeof created === 'number' &&
    typeof holds === 'object' &&
    holds !== null
  );
}
