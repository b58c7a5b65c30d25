import type { HeldOfEndpoint } from '#db/queries/webhook-dispatch.ts';
import type { Deps } from '../context.ts';
import { sealOpener } from '../lib/sealed-text.ts';
import { type Message, type Sending, type Sent, sendDelivery } from './send-delivery.ts';

/** To one endpoint at the same time. */
const AT_ONCE = 64;
/** Longer than an attempt may take: one that begins this long before its lease ends is noted in time. */
const ATTEMPT_MS = 16_000;

type Lane = { running: number; waiting: Message[] };
export type Lanes = {
  /** Messages that wait for their turn or for an answer. */
  size: () => number;
  held: () => HeldOfEndpoint[];
  accept: (messages: readonly Message[]) => void;
  /** No more turns: what waits is left to others, who take it when its lease ends. */
  close: () => void;
};
type Options = { deps: Deps; signal: AbortSignal; onBack: (sent: Sent | null) => void };

/** A lane for each endpoint: in order, and none waits for another. */
export function createLanes({ deps, signal, onBack }: Options): Lanes {
  const lanes = new Map<string, Lane>();
  const sending: Sending = { deps, signal, openSealed: sealOpener(deps.webhookKey) };
  let size = 0;
  const proceed = (endpointId: string, lane: Lane) => {
    while (lane.running < AT_ONCE) {
      const message = lane.waiting.shift();
      if (!message) break;
      lane.running += 1;
      void send(sending, message).then((sent) => {
        lane.running -= 1;
        size -= 1;
        proceed(endpointId, lane);
        onBack(sent);
      });
    }
    if (lane.running === 0) lanes.delete(endpointId);
  };
  return {
    size: () => size,
    held: () =>
      [...lanes].map(([endpointId, { running, waiting }]) => ({ endpointId, held: running + waiting.length })),
    accept: (messages) => {
      size += messages.length;
      for (const message of messages) {
        const { endpointId } = message.target;
        const lane = lanes.get(endpointId) ?? { running: 0, waiting: [] };
        lanes.set(endpointId, lane);
        lane.waiting.push(message);
      }
      for (const [endpointId, lane] of lanes) proceed(endpointId, lane);
    },
    close: () => {
      for (const lane of lanes.values()) size -= lane.waiting.splice(0).length;
    },
  };
}

async function send(sending: Sending, message: Message): Promise<Sent | null> {
  const { deps, signal } = sending;
  if (message.until.getTime() - deps.clock.now().getTime() < ATTEMPT_MS) return null;
  try {
    return await sendDelivery(sending, message);
  } catch (err) {
    // Stopped, or its secret cannot be opened: it stays taken, and is due again when that ends.
    if (!signal.aborted) deps.log.error({ err, deliveryId: message.id }, 'webhooks: a delivery failed');
    return null;
  }
}
