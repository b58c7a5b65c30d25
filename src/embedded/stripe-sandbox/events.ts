import { newId } from './ids.ts';
import { render } from './render.ts';
import { API_VERSION, type Session, save } from './session.ts';
import type { StripeEvent } from './types.ts';

export type Attempt = { at: number; status: number | null; error?: string };
/** One event on its way to the webhook address. `next` is the instant of the next attempt, in milliseconds of real time. */
export type Delivery = {
  id: string;
  event: string;
  type: string;
  account: string;
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  attempts: Attempt[];
  next: number;
};

/** Records what happened and queues it for the webhook address. `before` holds the fields that changed, as they were. */
export function emit(session: Session, type: string, { of: object, before }: { of: object; before?: object }): void {
  const data = { object: render(session, object), ...(before && { previous_attributes: render(session, before) }) };
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    ...(session.account && { account: session.account }),
    api_version: API_VERSION,
    created: session.now,
    data,
    livemode: false,
    pending_webhooks: 1,
    request: session.request,
    type,
  };
  save(session, 'events', event);
  queueDelivery(session, event);
}

/** The fields of `before` that `after` has otherwise. */
export function changed<T extends object>(before: T, after: T): Partial<T> {
  const names = Object.keys(before) as (keyof T)[];
  const different = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  return Object.fromEntries(different.map((name) => [name, before[name]])) as Partial<T>;
}

export function queueDelivery(session: Session, { id: event, type }: { id: string; type: string }): Delivery {
  const { store } = session.world;
  const { account } = session;
  const delivery: Delivery = { id: newId('dlv'), event, type, account, status: 'pending', attempts: [], next: 0 };
  store.put('deliveries', { id: delivery.id, value: delivery });
  return delivery;
}
