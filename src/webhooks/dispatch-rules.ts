import type { EventPattern, EventType } from '#schemas/events.ts';
import { isMatch } from '../events/rules.ts';

type Happened = { tenantId: string; type: EventType; position: number };
/** `isBehind`: deliveries of it are due. `failingSince`: milliseconds since 1970. */
type Endpoint = {
  target: { tenantId: string; endpointId: string; failingSince: number | null };
  events: EventPattern[];
  fromPosition: number;
  isBehind: boolean;
};

/** How many messages this process may still take: in all, and of an endpoint that `held` does not name. */
export type Room = { room: number; most: number; held: { endpointId: string; held: number; room: number }[] };
/** `taken`: what is sent at once, for each endpoint in the order of events. `waiting`: what becomes rows that are due. */
export type Plan<Hearer, Event> = { taken: Map<Hearer, Event[]>; waiting: { hearer: Hearer; event: Event }[] };

/**
 * Who is told of what, in the order of events. What there is room for is taken; not so behind deliveries that are due, nor to
 * an endpoint that fails: those wait.
 */
export function planDeliveries<Hearer extends Endpoint, Event extends Happened>(
  events: readonly Event[],
  hearers: readonly Hearer[],
  { room, most, held }: Room,
): Plan<Hearer, Event> {
  const byTenant = Map.groupBy(hearers, ({ target }) => target.tenantId);
  const rooms = new Map(held.map((one) => [one.endpointId, one.room]));
  const plan: Plan<Hearer, Event> = { taken: new Map(), waiting: [] };
  let left = most;
  for (const event of events) {
    for (const hearer of byTenant.get(event.tenantId) ?? []) {
      if (!hears(hearer, event)) continue;
      const { target, isBehind } = hearer;
      const taken = plan.taken.get(hearer) ?? [];
      const hasRoom = left > 0 && taken.length < (rooms.get(target.endpointId) ?? room);
      left -= 1;
      if (!hasRoom || isBehind || target.failingSince !== null) plan.waiting.push({ hearer, event });
      else if (taken.push(event) === 1) plan.taken.set(hearer, taken);
    }
  }
  return plan;
}

/** Whether the endpoint is told of the event: its patterns match, and it was made, or last enabled, before it. */
function hears({ events, fromPosition }: Endpoint, { type, position }: Happened): boolean {
  return position > fromPosition && events.some((pattern) => isMatch(pattern, type));
}
