import { listStores as listRows } from '#db/queries/stores.ts';
import { findPublicTenantById, findTenant } from '#db/queries/tenants.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Store } from '#schemas/stores.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentStore } from './present-store.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The active stores of a brand; its team sees the inactive ones too. */
export async function listStores(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<Store>> {
  const isTeam = hasRole(ctx.actor, 'staff');
  const tenant = await (isTeam ? findTenant : findPublicTenantById)(ctx.db, tenantId);
  if (!tenant) throw new AppError(NOT_FOUND);
  const key = ctx.deps.cursorKey;
  const list = `stores|${tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const rows = await listRows(ctx.db, { tenantId, withInactive: isTeam, page });
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentStore });
}
