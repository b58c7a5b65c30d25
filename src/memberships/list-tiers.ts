import { findPublicTenantById, findTenant } from '#db/queries/tenants.ts';
import { listTiers as listRows } from '#db/queries/tiers.ts';
import type { Page } from '#schemas/envelope.ts';
import type { Tier } from '#schemas/memberships.ts';
import { hasRole } from '../auth/has-role.ts';
import type { Ctx } from '../context.ts';
import { AppError, NOT_FOUND } from '../lib/errors.ts';
import { byCreation, pageOfRows, pageRequest } from '../lib/page.ts';
import { presentTier } from './present-tier.ts';

type Input = { tenantId: string; limit: number; cursor?: string | undefined };

/** The tiers that a brand offers; its team sees the inactive ones too. */
export async function listTiers(ctx: Ctx, { tenantId, limit, cursor }: Input): Promise<Page<Tier>> {
  const isTeam = hasRole(ctx.actor, 'staff');
  const key = ctx.deps.cursorKey;
  const list = `tiers|${tenantId}`;
  const page = pageRequest(key, list, { limit, cursor });
  const [tenant, rows] = await Promise.all([
    (isTeam ? findTenant : findPublicTenantById)(ctx.db, tenantId),
    listRows(ctx.db, { tenantId, withInactive: isTeam, page }),
  ]);
  if (!tenant) throw new AppError(NOT_FOUND);
  return pageOfRows(rows, { key, list, limit, positionOf: byCreation, present: presentTier });
}
