import { type AuditRow, listAuditEntries as listRows } from '#db/queries/audit.ts';
import type { AuditEntry } from '#schemas/audit.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { byCreation, newestPageRequest, pageOfRows } from '../lib/page.ts';

type Input = {
  tenantId: string;
  limit: number;
  cursor?: string | undefined;
  action?: string | undefined;
  actorId?: string | undefined;
};

/** Who changed what in the brand, newest first. */
export async function listAuditEntries(ctx: Ctx, { limit, cursor, ...filter }: Input): Promise<Page<AuditEntry>> {
  const key = ctx.deps.cursorKey;
  const list = `audit|${filter.tenantId}`;
  const page = newestPageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { ...filter, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present });
}

function present({ actorType, actorId, targetType, targetId, ...row }: AuditRow): AuditEntry {
  const { id, action, before, after, requestId, ipAddress, createdAt } = row;
  const actor = { type: actorType, id: actorId };
  return {
    id,
    actor,
    action,
    target: { type: targetType, id: targetId },
    before,
    after,
    requestId,
    ipAddress,
    createdAt,
  };
}
