import type { Db } from '#db/client.ts';
import { findMembershipState } from '#db/queries/memberships.ts';
import { listExpiryStates } from '#db/queries/point-expiry.ts';
import { listPointEntries } from '#db/queries/points.ts';
import type { Ctx, UserActor } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';
import { decideExpiry } from './expiry-rules.ts';
import { presentEntry } from './present-entry.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The caller's points in the brand with their movements; nothing for who was never a member. */
export async function getPoints(ctx: Ctx<UserActor>, { tenantId, limit, cursor }: Input) {
  const { userId } = ctx.actor;
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const list = `points|${tenantId}|${userId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const state = await findMembershipState(ctx.db, { tenantId, userId });
  if (!state) throw new AppError(NOT_FOUND);
  const membershipId = state.membership?.id;
  const rows = membershipId ? await listPointEntries(ctx.db, { tenantId, membershipId, page }) : [];
  const nextExpiry = membershipId ? await nextExpiryOf(ctx.db, { tenantId, membershipId, now }) : null;
  const { items: ledger, ...meta } = pageOfRows(rows, {
    key,
    list,
    limit,
    positionOf: byCreation,
    present: presentEntry,
  });
  return { points: { balance: state.membership?.points ?? 0, nextExpiry, ledger }, meta };
}

type Holder = { tenantId: string; membershipId: string; now: Date };

async function nextExpiryOf(db: Db, { tenantId, membershipId, now }: Holder) {
  const [state] = await listExpiryStates(db, { tenantId, membershipIds: [membershipId], now });
  const { due, next } = state ? decideExpiry(state, now) : { due: 0, next: null };
  // Until the job comes by, what is due is the next.
  return due > 0 ? { amount: due, at: now } : next;
}
