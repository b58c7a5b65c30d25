import { listApiKeys as listRows } from '#db/queries/api-keys.ts';
import { findTenant } from '#db/queries/tenants.ts';
import type { ApiKey } from '#schemas/api-keys.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentApiKey } from './present-api-key.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The keys of the brand, oldest first, with those that have ended. */
export async function listApiKeys(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<ApiKey>> {
  const now = ctx.clock.now();
  const key = ctx.deps.cursorKey;
  const list = `api-keys|${tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([findTenant(ctx.db, tenantId), listRows(ctx.db, { tenantId, page })]);
  if (!tenant) throw new AppError(NOT_FOUND);
  return pageOfRows(rows, {
    key,
    list,
    limit,
    positionOf: byCreation,
    present: (row) => presentApiKey(row, { plan: tenant.plan, credits: row.credits, now }),
  });
}
