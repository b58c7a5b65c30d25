import { listMembers as listRows } from '#db/queries/memberships.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Member, MembershipStatus } from '#schemas/memberships.ts';
import type { Ctx } from '../context.ts';
import { pageOfRows, pageRequest } from '../lib/page.ts';
import { statusAt } from './rules.ts';

type Input = {
  tenantId: string;
  limit: number;
  cursor?: string | undefined;
  q?: string | undefined;
  tierId?: string | undefined;
  status?: MembershipStatus | undefined;
};

/** The members of a brand, for its team. */
export async function listMembers(ctx: Ctx, { limit, cursor, q, ...filter }: Input): Promise<Page<Member>> {
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const list = `members|${filter.tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { ...filter, prefix: q, now, page });
  const present = ({ membership, name, email }: (typeof rows)[number]): Member => {
    const { id: membershipId, userId, tierId, points, startedAt, expiresAt } = membership;
    return {
      membershipId,
      userId,
      name,
      email,
      tierId,
      status: statusAt(membership, now),
      points,
      startedAt,
      expiresAt,
    };
  };
  const positionOf = ({ membership }: (typeof rows)[number]) => ({ at: membership.createdAt, id: membership.id });
  return pageOfRows(rows, { key, list, limit, positionOf, present });
}
