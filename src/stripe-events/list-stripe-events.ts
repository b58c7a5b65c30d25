import { listStripeEvents as listRows } from '#db/queries/stripe-events.ts';
import type { Page } from '#schemas/envelope.ts';
import type { StripeEvent, StripeEventStatus } from '#schemas/stripe-events.ts';
import type { Ctx } from '../context.ts';
import { newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentStripeEvent } from './present-stripe-event.ts';
import { requirePlatformAdmin } from './replay-event.ts';

type Input = {
  limit: number;
  cursor?: string | undefined;
  status?: StripeEventStatus | undefined;
  type?: string | undefined;
};

/** What Stripe told, newest first, for platform admins. */
export async function listStripeEvents(ctx: Ctx, { limit, cursor, ...filter }: Input): Promise<Page<StripeEvent>> {
  requirePlatformAdmin(ctx);
  const key = ctx.deps.cursorKey;
  const list = 'stripe-events';
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { ...filter, page });
  const positionOf = ({ receivedAt, id }: (typeof rows)[number]) => ({ at: receivedAt, id });
  return pageOfRows(rows, { key, list, limit, positionOf, present: presentStripeEvent });
}
