import { type EventRow, findEvent, findEventFrontier, listEvents as listRows } from '#db/queries/events.ts';
import type { Page } from '#schemas/envelope.ts';
import { type Event, type EventPattern, eventTypes } from '#schemas/events.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { pageOfRows, pageRequest } from '../lib/page.ts';
import { presentEvent } from './present-event.ts';
import { typesOf } from './rules.ts';

type Input = {
  tenantId: string;
  limit: number;
  cursor?: string | undefined;
  after?: string | undefined;
  type?: EventPattern | undefined;
};

/** What happened in the brand, in the one order that every reader sees, without gaps: what is still open comes later. */
export async function listEvents(ctx: Ctx, { tenantId, limit, cursor, after, type }: Input): Promise<Page<Event>> {
  const key = ctx.deps.cursorKey;
  const list = `events|${tenantId}|${type ?? '*'}`;
  const page = pageRequest(key, list, { limit, cursor });
  const from =
    cursor === undefined && after !== undefined ? await positionOfEvent(ctx, { tenantId, after }) : page.at.getTime();
  const types = type === undefined || type === '*' ? null : typesOf([type], eventTypes);
  // Before the read, in a statement of its own: the snapshot of the read then sees all up to there.
  const upTo = await findEventFrontier(ctx.db);
  const rows = await listRows(ctx.db, { tenantId, after: from, upTo, types, rows: page.rows });
  return pageOfRows(rows, { key, list, limit, positionOf, present: presentEvent });
}

// Positions take the place of instants in the cursor of this list.
const positionOf = ({ position, id }: EventRow) => ({ at: new Date(position), id });

async function positionOfEvent(ctx: Ctx, { tenantId, after }: { tenantId: string; after: string }): Promise<number> {
  const event = await findEvent(ctx.db, { tenantId, eventId: after });
  if (!event) throw new AppError(NOT_FOUND);
  return event.position;
}
