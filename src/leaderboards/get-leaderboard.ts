import { findLeaderboard } from '#db/queries/leaderboards.ts';
import type { Leaderboard, LeaderboardPeriod } from '#schemas/leaderboards.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';

type Input = { tenantId: string; period: LeaderboardPeriod; limit: number };

/** Who has earned most in the period of now, and the place of the caller. Who is who is told to the team alone. */
export async function getLeaderboard(ctx: Ctx, { tenantId, period, limit }: Input): Promise<Leaderboard> {
  const userId = ctx.actor.type === 'user' ? ctx.actor.userId : null;
  const found = await findLeaderboard(ctx.db, { tenantId, userId, period, limit, now: ctx.clock.now() });
  if (!found) throw new AppError(NOT_FOUND);
  const { timezone, me } = found;
  const days = period === 'all' ? { startsOn: null, endsOn: null } : { startsOn: found.startsOn, endsOn: found.endsOn };
  const isTeam = found.isInTeam || hasRole(ctx.actor, 'staff');
  const entries = found.entries.map(({ userId: id, ...entry }) => (isTeam ? { ...entry, userId: id } : entry));
  return { period, ...days, timezone, entries, me };
}
