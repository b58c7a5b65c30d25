import { findMembershipState } from '#db/queries/memberships.ts';
import { listPointEntries } from '#db/queries/points.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { presentEntry } from './present-entry.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The caller's points in the brand with their movements; nothing for who was never a member. */
export async function getPoints(ctx: Ctx<UserActor>, { tenantId, limit, cursor }: Input) {
  const { userId } = ctx.actor;
  const key = ctx.deps.cursorKey;
  const list = `points|${tenantId}|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const state = await findMembershipState(ctx.db, { tenantId, userId });
  if (!state) throw new AppError(NOT_FOUND);
  const membershipId = state.membership?.id;
  const rows = membershipId ? await listPointEntries(ctx.db, { tenantId, membershipId, page }) : [];
  const { items: ledger, ...meta } = pageOfRows(rows, {
    key,
    list,
    limit,
    positionOf: byCreation,
    present: presentEntry,
  });
  return { points: { balance: state.membership?.points ?? 0, ledger }, meta };
}
