import { listTeamMembers } from '#db/queries/team.ts';
import type { Page } from '#schemas/envelope.ts';
import type { TeamMember } from '#schemas/team.ts';
import type { Ctx } from '../context.ts';
import { pageOfRows, pageRequest } from '../lib/page.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

export async function listTeam(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<TeamMember>> {
  const key = ctx.deps.cursorKey;
  const list = `team|${tenantId}`;
  const rows = await listTeamMembers(ctx.db, { tenantId, page: pageRequest(key, list, { limit, cursor }) });
  const positionOf = (row: TeamMember) => ({ at: row.joinedAt, id: row.userId });
  return pageOfRows(rows, { key, list, limit, positionOf, present: (row) => row });
}
