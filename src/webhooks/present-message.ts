import type { EventType } from '#schemas/events.ts';
import { presentEvent } from '../events/present-event.ts';

type EventOf = {
  id: string;
  type: EventType;
  tenantId: string;
  sequence: number;
  data: Record<string, unknown>;
  createdAt: Date;
};

/** The body of a message: the same bytes at every attempt, and to every endpoint. */
export function presentMessage(event: EventOf): Buffer {
  return Buffer.from(JSON.stringify(presentEvent(event)));
}

type Test = { id: string; type: string; tenantId: string; endpointId: string; createdAt: Date };

/** The body of a test, which is an event of nothing. */
export function presentTestMessage({ id, type, tenantId, endpointId, createdAt: timestamp }: Test): Buffer {
  return Buffer.from(JSON.stringify({ id, type, timestamp, tenantId, sequence: 1, data: { endpointId } }));
}
