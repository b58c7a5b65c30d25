import { listMembershipsOfUser, type ShownMembership } from '#db/queries/memberships.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Membership } from '#schemas/memberships.ts';
import type { Ctx, UserActor } from '../context.ts';
import { pageOfRows, pageRequest } from '../lib/page.ts';
import { presentMembership } from './present-membership.ts';

type Input = { limit: number; cursor?: string | undefined };

/** The caller's memberships in all brands. */
export async function listMyMemberships(ctx: Ctx<UserActor>, { limit, cursor }: Input): Promise<Page<Membership>> {
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const list = `memberships|${userId}`;
  const rows = await listMembershipsOfUser(ctx.db, { userId, page: pageRequest(key, list, { limit, cursor }) });
  const positionOf = ({ membership }: ShownMembership) => ({ at: membership.createdAt, id: membership.id });
  return pageOfRows(rows, { key, list, limit, positionOf, present: (row) => presentMembership(row, now) });
}
