import { listInvitations as listOpenInvitations } from '#db/queries/team.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Invitation } from '#schemas/team.ts';
import type { Ctx } from '../context.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentInvitation } from './present-invitation.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

export async function listInvitations(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<Invitation>> {
  const key = ctx.deps.cursorKey;
  const list = `invitations|${tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const rows = await listOpenInvitations(ctx.db, { tenantId, now: ctx.clock.now(), page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentInvitation });
}
